import { StartError } from './start-error.js';

/** One `error` line of the log, masked as it is there. */
export interface ErrorLine {
  message: string;
  fields: Readonly<Record<string, unknown>>;
}

export interface ErrorReports {
  report(line: ErrorLine): void;
  /** Waits a moment for what is under way. */
  close(): Promise<void>;
}

const CLOSE_MS = 2_000;

/**
 * Reports to Sentry. Its package is no dependency of the service: it is large, and only wanted by those who set a DSN. Everything that it
 * would collect by itself is off: nothing leaves that did not pass the masks of the log.
 *
 * @throws StartError when the package is not installed.
 */
export async function openErrorReports(dsn: string, release: string): Promise<ErrorReports> {
  const sentry = await import('@sentry/node').catch(() => {
    throw new StartError('SENTRY_DSN is set, and its package is not installed. Run `npm install @sentry/node@10`, or remove the setting.');
  });
  sentry.init({ dsn, release, defaultIntegrations: false, sendDefaultPii: false, sendClientReports: false, skipOpenTelemetrySetup: true, maxBreadcrumbs: 0, serverName: 'laravel-whatsapp-bridge' });
  return {
    report({ message, fields }) {
      const { session, error, ...extra } = fields;
      const cause = typeof error === 'object' && error !== null ? (error as { name?: unknown; message?: unknown; stack?: unknown }) : null;
      sentry.captureEvent({
        level: 'error',
        message,
        // Alike are errors with the same sentence and the same cause; ids and times differ each time.
        fingerprint: [message, typeof cause?.name === 'string' ? cause.name : ''],
        ...(typeof session === 'string' && { tags: { session } }),
        extra: { ...extra, ...(error !== undefined && { error }) },
      });
    },
    close: async () => void (await sentry.close(CLOSE_MS)),
  };
}
