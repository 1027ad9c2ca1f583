/**
 * Calls over a child's IPC channel: a parent asks a function by its name, the child answers. What goes over is plain JSON.
 */
export interface Call {
  id: number;
  name: string;
  argument: unknown;
}

export type Reply = { id: number; value: unknown } | { id: number; error: string };

/** In the child: answers the parent, and ends with it. */
export function serve(functions: Record<string, (argument: never) => unknown>): void {
  process.on('message', (call: Call) => {
    void answer(functions, call).then((reply) => process.send?.(reply));
  });
  process.on('disconnect', () => process.exit(0));
}

async function answer(functions: Record<string, (argument: never) => unknown>, call: Call): Promise<Reply> {
  try {
    const wanted = functions[call.name];
    if (!wanted) throw new Error(`nothing is called ${call.name}`);
    return { id: call.id, value: await wanted(call.argument as never) };
  } catch (error) {
    return { id: call.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
