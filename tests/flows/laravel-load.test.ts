import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signHeaders } from '../../whatsapp-service/signed-http/signature.js';
import { TEST_SECRET } from '../helpers/bridge.js';
import { describeWithDatabase, startMariadb, type DatabaseServer } from '../helpers/database-servers.js';
import { LaravelApp } from '../helpers/laravel-app.js';
import { databaseEnv, describeWithLaravel } from '../helpers/laravel-package.js';
import { until } from '../helpers/sandbox-client.js';

const CLIENTS = 100;
const CHATS = 5_000;
const PER_BATCH = 50;
/** One session may sync 60 times a minute. */
const SESSIONS = 4;
const MAX_FAILED_SHARE = 0.05;
const MAX_QUEUE_DEPTH = 1_000;
const MAX_P95_MS = 2_000;
/** Something else may have run meanwhile: one good round of so many is enough. */
const MAX_ROUNDS = 3;
/** With less of the processors idle when nothing of ours runs, the machine has other work, and times say nothing of the application. */
const QUIET_SHARE = 0.8;
const TIMEOUT_MS = 400_000;

interface Reply {
  status: number;
  /** Milliseconds. */
  took: number;
  said: unknown;
}

function chat(number: number): object {
  const isGroup = number % 10 < 3;
  const jid = isGroup ? `12036300000${number}@g.us` : `62812${1_000_000 + number}@c.us`;
  const participants = Array.from({ length: 20 }, (_, index) => ({ jid: `62813${1_000_000 + number + index}@c.us`, phone: `+62813${1_000_000 + number + index}`, is_admin: index === 0 }));
  return {
    chat_id: jid, chat_type: isGroup ? 'group' : 'private', provider_type: 'webjs', name: `Chat ${number}`, phone: isGroup ? null : `+62812${1_000_000 + number}`, lid: null,
    unread_count: 0, last_message_at: new Date(1_760_000_000_000 + number * 1_000).toISOString(), archived: false, pinned: false, muted: false,
    ...(isGroup && { group: { group_jid: jid, subject: `Chat ${number}`, participants, participants_count: 20 } }),
  };
}

const batch = (number: number, round: number): Record<string, unknown> => ({
  delivery_id: `dlv_load_${round}_${number}`, sent_at: new Date().toISOString(), session_id: `load-${round}-${number % SESSIONS}`, workspace_id: 7, sync_id: 'syn_load',
  batch: { number: number + 1, last: false }, chats: Array.from({ length: PER_BATCH }, (_, index) => chat(number * PER_BATCH + index)),
});

/** How much of the processors is idle just now, from 0 to 1. */
async function idleShare(): Promise<number> {
  const ticks = (): [idle: number, all: number] => cpus().reduce<[number, number]>(([idle, all], { times }) => [idle + times.idle, all + times.idle + times.user + times.nice + times.sys + times.irq], [0, 0]);
  const [idle, all] = ticks();
  await pause(1_000);
  const [idleThen, allThen] = ticks();
  return (idleThen - idle) / Math.max(1, allThen - all);
}

const failedOf = (replies: readonly Reply[]): number => replies.filter(({ status }) => status !== 202).length;
const percentile = (values: readonly number[], share: number): number => [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0;

describeWithDatabase('mariadb', 'a server for a Laravel application under load', () => {
  describeWithLaravel('a Laravel application under load', () => {
    let server: DatabaseServer;
    let app: LaravelApp;
    let url: string;

    beforeAll(async () => {
      server = await startMariadb();
      app = await LaravelApp.open({ ...databaseEnv(server), WHATSAPP_SECRET: TEST_SECRET });
      await app.optimize();
      url = await app.serve(4);
      app.work({ yields: true });
      app.work({ yields: true });
    });
    afterAll(async () => {
      await app.close();
      await server.close();
    });

    const count = async (what: string): Promise<number> => Number((await server.query<{ n: number }>(`select count(*) as n from ${what}`))[0]?.n);
    async function post(path: string, payload: Record<string, unknown>): Promise<Reply> {
      const body = Buffer.from(JSON.stringify(payload));
      const headers = signHeaders({ secrets: [TEST_SECRET], deliveryId: String(payload.delivery_id), body, timestamp: Math.floor(Date.now() / 1000), attempt: 1, event: 'load' });
      const from = performance.now();
      const response = await fetch(`${url}/api/whatsapp/${path}`, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: new Uint8Array(body) });
      const said: unknown = await response.json().catch(() => null);
      return { status: response.status, took: performance.now() - from, said };
    }

    const emptyQueue = (): Promise<unknown> => until(async () => (await count('jobs')) === 0, { name: 'the queue is empty', timeoutMs: 120_000 });
    const warmUp = (number: number): Promise<Reply> => post('chats/sync', { ...batch(0, 0), delivery_id: `dlv_warm_${number}`, session_id: 'warm', chats: [] });

    interface Round {
      replies: Reply[];
      /** Most jobs that waited. */
      deepest: number;
      p95: number;
      isQuiet: boolean;
    }

    async function bring(round: number): Promise<Round> {
      let deepest = 0;
      let isOver = false;
      const batches = Array.from({ length: CHATS / PER_BATCH }, (_, number) => batch(number, round));
      const idleBefore = await idleShare();
      const watching = (async () => {
        while (!isOver) {
          deepest = Math.max(deepest, await count('jobs'));
          await pause(200);
        }
      })();
      const from = performance.now();
      const replies = await Promise.all(batches.map((payload) => post('chats/sync', payload)));
      const answered = performance.now() - from;
      await emptyQueue();
      const stored = performance.now() - from;
      isOver = true;
      await watching;
      const isQuiet = Math.min(idleBefore, await idleShare()) > QUIET_SHARE;
      const times = replies.map(({ took }) => took);
      const p95 = percentile(times, 0.95);
      process.stderr.write(
        `\nLaravel under load: ${CLIENTS} clients, ${CHATS} chats in batches of ${PER_BATCH}, php -S with 4 workers, 2 queue workers, MariaDB: median ${Math.round(percentile(times, 0.5))} ms, p95 ${Math.round(p95)} ms (wanted: below ${MAX_P95_MS}${isQuiet ? '' : '; not judged, the machine has other work'}), ${failedOf(replies)} of ${replies.length} failed, queue at most ${deepest}, answered in ${Math.round(answered)} ms, stored after ${Math.round(stored)} ms\n`,
      );
      return { replies, deepest, p95, isQuiet };
    }

    test(`${CLIENTS} clients at once bring ${CHATS} chats`, async () => {
      // As after its first minute: PHP has read its files.
      await Promise.all(Array.from({ length: 12 }, (_, number) => warmUp(number)));
      await emptyQueue();
      const rounds = [await bring(1)];
      while (rounds.length < MAX_ROUNDS && rounds.every(({ p95, isQuiet }) => isQuiet && p95 >= MAX_P95_MS)) rounds.push(await bring(rounds.length + 1));

      let taken = 0;
      for (const { replies, deepest } of rounds) {
        expect(replies).toHaveLength(CLIENTS);
        expect(failedOf(replies) / replies.length).toBeLessThan(MAX_FAILED_SHARE);
        expect(deepest).toBeLessThan(MAX_QUEUE_DEPTH);
        taken += replies.length - failedOf(replies);
      }
      // What was taken is there, whole.
      expect([await count('chats'), await count("whatsapp_deliveries where processed_at is not null and session_id like 'load-%'"), await count('failed_jobs'), await count("chats where chat_type = 'group' and group_id is null"), await count("chats where chat_type = 'private' and contact_id is null")]).toEqual([taken * PER_BATCH, taken, 0, 0, 0]);
      if (rounds.every(({ isQuiet }) => isQuiet)) expect(Math.min(...rounds.map(({ p95 }) => p95))).toBeLessThan(MAX_P95_MS);
    }, TIMEOUT_MS);

    test('of many workers with the same delivery one does the work, and people who write at once are each one contact', async () => {
      const message = (number: number, from: number): Record<string, unknown> => ({
        delivery_id: `dlv_msg_${number}`, sent_at: new Date().toISOString(), event: 'message', event_id: `evt_${number}`, sequence: number + 1, session_id: 'load-new', workspace_id: 7,
        data: { message_id: `false_${number}`, chat_id: `62819${1_000_000 + from}@c.us`, chat_type: 'private', group_jid: null, from: { jid: `62819${1_000_000 + from}@c.us`, lid: null, phone: `+62819${1_000_000 + from}`, name: 'Siti' }, author: null, to: null, from_me: false, type: 'text', raw_type: 'chat', body: 'Halo', timestamp: new Date().toISOString(), mentions: [], forwarded: false },
      });
      const repeated = await Promise.all(Array.from({ length: 12 }, () => post('webhook', message(0, 0))));
      expect(repeated.map(({ status, said }) => [status, (said as { status: string }).status]).sort()).toEqual([[202, 'accepted'], ...Array.from({ length: 11 }, () => [202, 'duplicate'])]);
      // Harder than the bridge, which never has two of one chat under way: a deadlock of the database may end in a 500, which it repeats.
      const taken = (payload: Record<string, unknown>): Promise<Reply> =>
        until(async () => {
          const reply = await post('webhook', payload);
          return reply.status === 202 ? reply : null;
        }, { name: 'it is taken' });
      const replies = await Promise.all(Array.from({ length: 40 }, (_, number) => taken(message(number + 1, 1 + (number % 5)))));
      expect(replies).toHaveLength(40);
      expect([await count("contacts where phone like '+62819%'"), await count("chats where chat_jid like '62819%'"), await count('whatsapp_messages')]).toEqual([6, 6, 41]);
      expect((await server.query<{ n: number }>("select sum(unread_count) as n from chats where chat_jid like '62819%'")).map(({ n }) => String(n))).toEqual(['41']);
    }, TIMEOUT_MS);
  });
});
