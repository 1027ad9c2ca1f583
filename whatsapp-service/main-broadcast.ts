import { createBroadcastApp } from './app-broadcast.js';
import { loadConfig } from './config/load-config.js';
import { StartError } from './shared/start-error.js';

/** The process of `npm run broadcast`: start, signals, stop. */
async function main(): Promise<void> {
  const app = await createBroadcastApp(loadConfig());
  const stop = (): void => {
    app.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await app.start();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof StartError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
