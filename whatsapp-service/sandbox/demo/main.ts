import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, type App } from '../../app.js';
import { loadConfig } from '../../config/load-config.js';
import type { ChatSyncView } from '../../contracts/chat-sync-api.js';
import type { MessageView } from '../../contracts/message-api.js';
import type { SessionView } from '../../contracts/session-api.js';
import { SyncProgressBars } from '../../features/chat-sync/progress-bar.js';
import { showQr } from '../../shared/terminal.js';
import { Api } from './api.js';
import { DemoBackend } from './demo-backend.js';

/**
 * The whole loop on one terminal, without a phone and without Laravel: the real service and the real whatsapp-web.js in a real browser,
 * on the simulated WhatsApp. `--once` ends after the summary.
 */
const CHATS = 500;
const SESSION = 'demo';
const INBOUND = 3;

const once = process.argv.includes('--once');
const step = (number: number, text: string): void => void process.stdout.write(`\n${number}  ${text}\n`);
const note = (text: string): void => void process.stdout.write(`   ${text}\n`);

interface Summary {
  paired: boolean;
  chats_synced: number;
  batches: number;
  signatures_ok: number;
  signatures_bad: number;
  inbound_delivered: number;
  sent_acked: number;
}

async function show(api: Api, backend: DemoBackend): Promise<Summary> {
  step(1, `POST /api/sessions {"id":"${SESSION}"}: a browser opens WhatsApp Web`);
  await api.call('POST', '/api/sessions', { id: SESSION, workspace_id: 1, start: false });
  await api.call('POST', `/sandbox/sessions/${SESSION}/seed`, { chats: CHATS, group_share: 0.3 });
  await api.call('POST', `/api/sessions/${SESSION}/start`);
  const waiting = await api.until<SessionView>(`/api/sessions/${SESSION}`, (session) => session.state === 'SCAN_QR_CODE' && session.qr_available);
  note(`state ${waiting.state}: ${waiting.reason.message}`);

  step(2, 'The simulated phone scans the QR');
  await api.call('POST', `/sandbox/sessions/${SESSION}/qr/scan`, {});
  const paired = await api.until<SessionView>(`/api/sessions/${SESSION}`, (session) => session.state === 'WORKING');
  note(`state ${paired.state}, phone ${paired.phone ?? 'unknown'}`);

  step(3, `Its ${CHATS} chats stream to the backend, in HMAC-signed batches of 50`);
  const sync = await api.until<ChatSyncView>(`/api/sessions/${SESSION}/chats/sync`, (run) => run.state === 'completed');
  note(`${sync.synced} chats (${sync.private} private, ${sync.groups} groups) in ${sync.batches} batches; the backend counted ${backend.figures.chats}`);

  step(4, `A customer writes ${INBOUND} messages; each reaches the backend as a signed webhook`);
  let left = INBOUND;
  const arrived = backend.next((event) => event.event === 'message' && --left === 0);
  await api.call('POST', `/sandbox/sessions/${SESSION}/inbound`, { from: '6281298765432', type: 'text', body: 'Halo, apakah masih ada?', count: INBOUND });
  const last = await arrived;
  note(`the last one: sequence ${last.sequence}, "${last.data.body as string}" from ${(last.data.from as { phone: string }).phone}`);

  step(5, 'POST /api/messages {"to":"0812-9876-5432"}: a message goes out, and WhatsApp acknowledges it');
  const read = backend.next((event) => event.event === 'message.ack' && event.data.ack_name === 'READ');
  const message = await api.call<MessageView>('POST', '/api/messages', { session_id: SESSION, to: '0812-9876-5432', text: 'Masih, kak. Mau berapa?' });
  const done = await api.until<MessageView>(`/api/messages/${message.id}`, (view) => view.state === 'read' || view.state === 'failed');
  await read;
  note(`queued → sending → sent → delivered → ${done.state}; WhatsApp's id ${done.message_id ?? 'unknown'}`);
  const { figures } = backend;
  return {
    paired: paired.paired,
    chats_synced: figures.chats,
    batches: figures.batches,
    signatures_ok: figures.signaturesOk,
    signatures_bad: figures.signaturesBad,
    inbound_delivered: figures.events.message ?? 0,
    sent_acked: done.state === 'read' ? 1 : 0,
  };
}

function summarise(summary: Summary, api: Api): void {
  process.stdout.write(`
Done. ${summary.signatures_ok} requests reached the backend, each with two valid signatures; ${summary.signatures_bad} were refused.
`);
  if (once) return;
  process.stdout.write(`
It stays up. Try, with X-Api-Key: ${api.key}
   ${api.url}/docs                        the API
   curl -H 'X-Api-Key: ${api.key}' ${api.url}/api/sessions/${SESSION}
   curl -H 'X-Api-Key: ${api.key}' -H 'Content-Type: application/json' ${api.url}/sandbox/sessions/${SESSION}/inbound -d '{"type":"text","body":"Halo"}'
Ctrl+C ends it and leaves nothing behind.
`);
}

/** The usual port where it is free, else any. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen(wanted, '127.0.0.1', () => probe.close(() => resolve(wanted)));
  });
}

async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'whatsapp-bridge-demo-'));
  const secret = randomBytes(24).toString('hex');
  const key = randomBytes(24).toString('hex');
  const backend = new DemoBackend(secret);
  const config = loadConfig({
    dotenvFile: null,
    env: {
      ...process.env,
      ENGINE: 'sandbox',
      PORT: String(await freePort(3000)),
      ADMIN_API_KEY: key,
      BACKEND_URL: await backend.listen(),
      WEBHOOK_SECRET: secret,
      SYNC_CHATS_PER_SECOND: '200',
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'error',
      DATA_DIR: join(dir, 'data'),
      SESSIONS_DIR: join(dir, 'sessions'),
      LOG_DIR: join(dir, 'logs'),
    },
  });
  process.stdout.write('SANDBOX: a simulated WhatsApp. No phone, no Laravel, and nothing leaves this machine.\n');
  const bars = process.stdout.isTTY ? new SyncProgressBars() : null;
  const app = await createApp(config, { showQr, showSync: (sync) => (bars ? bars.show(sync) : note(`synced ${sync.synced}/${sync.total} chats`)) });
  const end = stopper(app, backend, dir);
  process.once('SIGINT', () => void end(130));
  process.once('SIGTERM', () => void end(143));
  try {
    const { host, port } = await app.start();
    const api = new Api(`http://${host}:${port}`, key);
    const summary = await show(api, backend);
    summarise(summary, api);
    if (!once) return;
    await end(null);
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    process.exit(summary.chats_synced === CHATS && summary.signatures_bad === 0 && summary.sent_acked === 1 ? 0 : 1);
  } catch (error) {
    process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    await end(1);
  }
}

function stopper(app: App, backend: DemoBackend, dir: string): (code: number | null) => Promise<void> {
  let ended: Promise<void> | null = null;
  return async (code) => {
    ended ??= app
      .stop()
      .then(() => backend.close())
      .then(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
    await ended;
    if (code !== null) process.exit(code);
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
