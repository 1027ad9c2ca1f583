/** See compile-tree.mjs. */
export function compileTree(from: string, to: string): Promise<void>;
