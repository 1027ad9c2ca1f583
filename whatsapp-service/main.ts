import { createApp, type App } from './app.js';
import { loadConfig } from './config/load-config.js';
import { SyncProgressBars } from './features/chat-sync/progress-bar.js';
import { StartError } from './shared/start-error.js';
import { showFirstKey, showQr } from './shared/terminal.js';

/** The process: start, signals, stop. */
async function main(): Promise<void> {
  const config = loadConfig();
  const bars = process.stdout.isTTY && config.log.format !== 'json' ? new SyncProgressBars() : null;
  const app = await createApp(config, { ...(config.session.qrTerminal && { showQr }), ...(bars && { showSync: (sync) => bars.show(sync) }) });
  guard(app);
  const { firstKey } = await app.start();
  if (firstKey) showFirstKey(firstKey);
}

/** The process outlives whatever a page or the library throws, and ends when it is asked to. */
function guard(app: App): void {
  process.on('unhandledRejection', (error) => app.suspect(error));
  process.on('uncaughtException', (error) => app.suspect(error));
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    app.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof StartError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
