import { z } from 'zod';
import { SESSION_ID } from '../shared/ids.js';
import { zEchoedId } from './payloads.js';
import { zSessionState } from './states.js';
import { zChatSync } from './chat-sync-api.js';

const zTime = z.iso.datetime();

/** A session's id as the caller gives it: Laravel's integer or a name. */
export const zSessionIdInput = z.union([
  z.string().regex(SESSION_ID, 'must be 1 to 64 of A-Z, a-z, 0-9, _ and -'),
  z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
]);

export const zSessionParams = z.object({ id: z.string().regex(SESSION_ID, 'must be 1 to 64 of A-Z, a-z, 0-9, _ and -') });

const USUAL_PORTS: Record<string, string> = { http: '80', https: '443', socks5: '1080' };
const PROXY_FORM = 'must be http://host:port, https://host:port or socks5://host:port';

/** In one spelling; null: this is no proxy's address. */
function proxyServer(text: string): string | null {
  const parsed = /^([a-z0-9]+):\/\/([^/?#@\s]+?)(?::(\d{1,5}))?\/?$/i.exec(text);
  const [, scheme = '', host = '', port] = parsed ?? [];
  const usual = USUAL_PORTS[scheme.toLowerCase()];
  const url = `http://${host}:${port ?? usual ?? ''}`;
  if (usual === undefined || !URL.canParse(url) || Number(port ?? usual) === 0) return null;
  return `${scheme.toLowerCase()}://${new URL(url).hostname}:${port ?? usual}`;
}

const zCredential = z.string().min(1).max(255).regex(/^[^\p{Cc}]*$/u, 'must have no control characters');

export const zProxyInput = z
  .strictObject({
    server: z
      .string()
      .max(300)
      .transform((text, context): string => {
        const server = proxyServer(text);
        if (server !== null) return server;
        const message = text.includes('@') ? 'must have no user name and no password: give them as `username` and `password`' : PROXY_FORM;
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      })
      .describe(PROXY_FORM.replace('must be ', '')),
    username: zCredential.optional(),
    password: zCredential.optional().describe('never shown again'),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), { message: 'give both username and password, or neither', path: ['password'] });
export type ProxyInput = z.infer<typeof zProxyInput>;

const zDeviceName = z.string().trim().min(1).max(50).regex(/^[^\p{Cc}]*$/u, 'must have no control characters');

export const zCreateSession = z.strictObject({
  id: zSessionIdInput.describe('your own id; echoed in every payload with the type you gave it'),
  workspace_id: z
    .union([z.string().min(1).max(128), z.number().int()])
    .nullable()
    .default(null)
    .describe('echoed in every payload'),
  proxy: zProxyInput.nullable().default(null).describe('the way to WhatsApp for this session alone'),
  device_name: zDeviceName.nullable().default(null).describe('what the phone shows among its linked devices, from the pairing on'),
  start: z.boolean().default(true).describe('start at once'),
});

/** What is left out stays as it is. */
export const zChangeSession = z
  .strictObject({
    workspace_id: zCreateSession.shape.workspace_id.unwrap().optional(),
    proxy: zProxyInput.nullable().optional(),
    device_name: zDeviceName.nullable().optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'name at least one of workspace_id, proxy, device_name');

export const zBrowser = z.object({
  memory_bytes: z.number().int().describe('of all its processes; what they share counts once (PSS)'),
  rss_bytes: z.number().int().describe('the same, and what they share counts for each'),
  cpu_percent: z.number().nullable().describe('of one core, since the look before this one'),
  cpu_seconds: z.number().describe('since the browser was started'),
  processes: z.number().int(),
});
export type BrowserView = z.infer<typeof zBrowser>;

export const zProxyView = z.object({ server: z.string(), authenticated: z.boolean().describe('it has a user name and a password') });
export type ProxyView = z.infer<typeof zProxyView>;

export const zSession = z.object({
  id: zEchoedId,
  workspace_id: zEchoedId.nullable(),
  state: zSessionState,
  reason: z.object({ code: z.string(), message: z.string(), detail: z.string().nullable() }),
  phone: z.string().nullable().describe('E.164 of the paired phone'),
  pushname: z.string().nullable(),
  paired: z.boolean().describe('a restart needs no QR'),
  qr_available: z.boolean(),
  features_off: z.array(z.string()).describe('what does not work because WhatsApp Web has changed'),
  browser: zBrowser.nullable().describe('what it takes, at most 5 s old; null while none runs, and where the system does not say'),
  proxy: zProxyView.nullable(),
  device_name: z.string().nullable(),
  sync: zChatSync.nullable().describe('the latest chat sync'),
  created_at: zTime,
  updated_at: zTime,
}).meta({ id: 'Session' });
export type SessionView = z.infer<typeof zSession>;

export const zSessionList = z.object({ sessions: z.array(zSession) });

export const zStillLinked = z.object({ unlinked: z.literal(false), message: z.string().describe('what to do on the phone') });

export const zQr = z.object({
  qr: z.string().describe('the text that the QR shows'),
  attempt: z.number().int().describe('counts the refreshes since the start'),
  received_at: zTime,
});

export const zPairingCodeBody = z.strictObject({ phone: z.string().min(1).max(64).describe('the number of the phone that will be linked, in any spelling') });
export const zPairingCode = z.object({
  code: z.string().describe('to be typed on the phone'),
  phone: z.string().describe('E.164'),
  expires_in_seconds: z.number().int(),
});

export const zPageCheck = z.object({
  ok: z.boolean().describe('nothing is missing'),
  whatsapp_web_version: z.string().nullable(),
  features_off: z.array(z.string()),
  missing: z.array(z.object({ feature: z.string(), module: z.string(), field: z.string().nullable().describe('null: the whole module') })),
});
