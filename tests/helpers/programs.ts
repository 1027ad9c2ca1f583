/** Arguments of node for a program of the service, `main` or `cli/session`: as JavaScript, which the tests' setup has made. */
export const programArgs = (name: string, ...args: readonly string[]): string[] => [`.compiled/${name}.js`, ...args];
