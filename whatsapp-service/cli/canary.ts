import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load-config.js';
import { SESSION_ID } from '../shared/ids.js';
import { StartError } from '../shared/start-error.js';

/** Looks, over the API of the running service, whether WhatsApp still works as the bridge needs it. For a schedule: its exit code says it all. */
const USAGE = `Usage: npm run canary -- --session ID [--url http://127.0.0.1:3000] [--key-file FILE] [--seconds 60]

Checks WhatsApp Web's page, sends a message to the account itself, and reads it back.
The key needs the scope \`send\`; without --key-file it is ADMIN_API_KEY. Without --url it is HOST and PORT of the settings.
Exit code: 0 all is well · 1 WhatsApp Web has changed, some features are off · 2 the message did not go round · 3 it could not be tried · 64 wrong usage`;

const EXIT = { well: 0, changed: 1, noRoundTrip: 2, notTried: 3, usage: 64 } as const;

interface Target {
  session: string;
  url: string;
  key: string;
  deadlineMs: number;
}

class NotTried extends Error {}

async function main(): Promise<number> {
  const target = targetOf(process.argv.slice(2));
  if (!target) {
    process.stderr.write(`${USAGE}\n`);
    return EXIT.usage;
  }
  const session = await ask<{ state: string; phone: string | null; reason: { message: string } }>(target, 'GET', '');
  if (session.state !== 'WORKING' || session.phone === null) throw new NotTried(`Session ${target.session} is ${session.state}: ${session.reason.message}`);

  const page = await ask<{ ok: boolean; whatsapp_web_version: string | null; features_off: string[]; missing: { module: string; field: string | null }[] }>(target, 'POST', '/page-check');
  const lacking = page.missing.map(({ module, field }) => (field === null ? module : `${module}.${field}`));
  say(page.ok, `page: WhatsApp Web ${page.whatsapp_web_version ?? 'of an unknown version'}`, page.ok ? 'offers all that is used' : `lacks ${lacking.join(', ')}; off: ${page.features_off.join(', ')}`);

  const roundTrip = await goRound(target, session.phone);
  say(roundTrip.ok, 'round trip: a message to the account itself', roundTrip.found);
  if (!roundTrip.ok) return EXIT.noRoundTrip;
  return page.ok ? EXIT.well : EXIT.changed;
}

/** Out to WhatsApp, and back from the chat that it is in. */
async function goRound(target: Target, phone: string): Promise<{ ok: boolean; found: string }> {
  const started = performance.now();
  const text = `Canary ${randomUUID()}`;
  const seconds = Math.min(60, Math.ceil(target.deadlineMs / 1000));
  const sent = await request<{ state: string; reason: { message: string } | null }>(target, 'POST', `/api/messages?wait=sent&wait_seconds=${seconds}`, {
    session_id: target.session, to: phone, text, priority: 'high', if_not_working: 'refuse', max_age_seconds: seconds,
  });
  if (!['sent', 'delivered', 'read', 'played'].includes(sent.state)) return { ok: false, found: `it is ${sent.state}: ${sent.reason?.message ?? 'WhatsApp has not taken it in time'}` };
  while (performance.now() - started < target.deadlineMs) {
    const { messages } = await ask<{ messages: { body: string | null }[] }>(target, 'GET', `/chats/${encodeURIComponent(phone)}/messages?limit=20`);
    if (messages.some(({ body }) => body === text)) return { ok: true, found: `sent and read back in ${Math.round(performance.now() - started)} ms` };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return { ok: false, found: 'WhatsApp took it, and it is not in the chat' };
}

const ask = <T>(target: Target, method: string, path: string): Promise<T> => request<T>(target, method, `/api/sessions/${target.session}${path}`);

/** @throws NotTried in place of any answer but a good one. */
async function request<T>({ url, key, deadlineMs }: Target, method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url + path, {
      method,
      headers: { 'X-Api-Key': key, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(deadlineMs + 5_000),
    });
  } catch (error) {
    const cause = (error as { cause?: Error }).cause ?? (error as Error);
    throw new NotTried(`The service at ${url} does not answer (${cause.message}). Is it running? --url says where it is.`);
  }
  const answer = (await response.json().catch(() => null)) as (T & { error?: { message: string } }) | null;
  if (response.ok && answer !== null) return answer;
  throw new NotTried(`${method} ${path.replace(/\?.*/, '')}: ${response.status} ${answer?.error?.message ?? ''}`);
}

const say = (ok: boolean, what: string, found: string): void => void process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${found}\n`);

function targetOf(argv: string[]): Target | null {
  let values;
  try {
    ({ values } = parseArgs({ args: argv, options: { session: { type: 'string' }, url: { type: 'string' }, 'key-file': { type: 'string' }, seconds: { type: 'string', default: '60' } } }));
  } catch {
    return null;
  }
  const { session = '', url, 'key-file': keyFile, seconds } = values;
  if (!SESSION_ID.test(session) || !/^[1-9]\d{0,2}$/.test(seconds)) return null;
  const settings = url !== undefined && keyFile !== undefined ? null : loadConfig();
  const key = keyFile === undefined ? settings?.adminApiKey : readFileSync(keyFile, 'utf8').trim().split(/\r?\n/)[0];
  if (!key) throw new NotTried('There is no API key: write ADMIN_API_KEY into .env, or give a file with a key as --key-file.');
  const { host = '127.0.0.1', port = 3000 } = settings?.http ?? {};
  return { session, url: (url ?? `http://${hostOf(host)}:${port}`).replace(/\/+$/, ''), key, deadlineMs: Number(seconds) * 1000 };
}

/** An address to listen on is not always one to call. */
const hostOf = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host);

try {
  process.exitCode = await main();
} catch (error) {
  const isForPeople = error instanceof NotTried || error instanceof StartError || (error as NodeJS.ErrnoException).code === 'ENOENT';
  process.stderr.write(`${isForPeople ? (error as Error).message : String((error as Error).stack)}\n`);
  process.exitCode = EXIT.notTried;
}
