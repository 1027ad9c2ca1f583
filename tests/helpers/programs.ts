/** Arguments of node for a program of the service, `main` or `cli/session`: as JavaScript, which the tests' setup has made. */
export const programArgs = (name: string, ...args: readonly string[]): string[] => [`.compiled/${name}.js`, ...args];

/** Flags of node with which the image and `npm start` run the service. */
export const SERVICE_FLAGS = ['--max-semi-space-size=8', '--no-allocation-site-pretenuring'] as const;
