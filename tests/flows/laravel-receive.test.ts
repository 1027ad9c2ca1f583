import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ChatListView } from '../../whatsapp-service/contracts/chat-api.js';
import { TEST_SECRET, World } from '../helpers/bridge.js';
import { sentTo, sorted } from '../helpers/fault-checks.js';
import { MortalBridge } from '../helpers/fault-service.js';
import { describeWithDatabase, startMariadb, type DatabaseServer } from '../helpers/database-servers.js';
import { rowsOf } from '../helpers/flow.js';
import { LaravelApp } from '../helpers/laravel-app.js';
import { databaseEnv, describeWithLaravel } from '../helpers/laravel-package.js';
import { until } from '../helpers/sandbox-client.js';

const SESSION = 'shop';
const CHATS = 2_000;
const GROUPS = 600;
/** More of them than the application's limit of a minute, so that the bridge has to wait once. */
const BATCHES = 80;
const TIMEOUT_MS = 900_000;

type Listed = ChatListView['chats'][number];

describeWithDatabase('mariadb', 'a server for a Laravel application that receives', () => describeWithLaravel('a Laravel application that receives through the package, on a bad day', () => {
  let world: World;
  let bridge: MortalBridge;
  let server: DatabaseServer;
  let app: LaravelApp;
  let settings: Record<string, string>;

  beforeAll(async () => {
    world = await World.open();
    // Two queue workers, which Laravel's queue on SQLite does not bear.
    server = await startMariadb();
    app = await LaravelApp.open({ ...databaseEnv(server), WHATSAPP_SECRET: TEST_SECRET });
    const url = await app.serve(4);
    app.work();
    app.work();
    settings = { BACKEND_URL: url, SYNC_BATCH_SIZE: String(CHATS / BATCHES), WEBHOOK_TIMEOUT_MS: '10000' };
    bridge = new MortalBridge(world, settings);
  });
  afterAll(async () => {
    await bridge.kill();
    await app.close();
    await server.close();
    await world.close();
  });

  const pending = (): number => rowsOf(join(world.dir, 'data'), "select 1 from outbox where state = 'pending'").length;
  const rows = <T>(query: string): Promise<T[]> => server.query<T>(query);
  const count = async (what: string): Promise<number> => Number((await rows<{ n: number }>(`select count(*) as n from ${what}`))[0]?.n);
  const counts = (...what: string[]): Promise<number[]> => Promise.all(what.map(count));
  async function allChats(): Promise<Listed[]> {
    const chats: Listed[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: ChatListView = await bridge.api.ok('GET', `/api/sessions/${SESSION}/chats?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      chats.push(...page.chats);
      cursor = page.next_cursor;
    }
    return chats;
  }

  test('has every chat, group and message once and in order, though the service is killed and it answers 500 and 429', async () => {
    app.trouble({ percent: 20, answers: [500, 429, 'late'] });
    await bridge.start();
    await bridge.api.pair(world, SESSION, { seed: { chats: CHATS, groupShare: GROUPS / CHATS, participants: 5, now: Date.now() - 60_000 } });
    const start = (await world.hub.messages(SESSION)).at(-1)?.order ?? 0;
    await until(async () => (await count("whatsapp_deliveries where event = 'chats.sync'")) > 10, { name: 'some batches have come', timeoutMs: 60_000 });
    for (let round = 0; round < 3; round++) {
      const before = await count('whatsapp_messages');
      await world.hub.inbound(SESSION, { spread: 40, count: 120, body: 'pesan' });
      await until(async () => (await count('whatsapp_messages')) > before + 5, { name: 'some messages have come', timeoutMs: 60_000 });
      if (round === 2) break;
      await bridge.kill();
      await world.hub.inbound(SESSION, { spread: 40, count: 30, body: 'selama mati' });
      await bridge.back(SESSION);
    }
    const sync = await bridge.api.synced(SESSION, 200_000);
    app.trouble(null);
    await until(async () => pending() === 0 && (await count('jobs')) === 0, { name: 'all is delivered and worked off', timeoutMs: 60_000 });

    expect(Object.keys(app.troubles()).sort()).toEqual(['429', '500', 'late']);
    expect(sync).toMatchObject({ state: 'completed', total: CHATS, synced: CHATS, dead: 0, batches: BATCHES });
    // 80 batches do not go into the 60 of a minute: the last ones have waited for the next.
    const [span] = await rows<{ seconds: number }>("select timestampdiff(second, min(created_at), max(created_at)) as seconds from whatsapp_deliveries where event = 'chats.sync'");
    expect(span?.seconds).toBeGreaterThan(50);
    // Chats.
    const listed = await allChats();
    const stored = await rows<{ chat_jid: string; chat_type: string; name: string; phone: string | null; count: number | null; listed: number | null }>(
      'select c.chat_jid, c.chat_type, c.name, c.phone, g.participants_count as count, json_length(g.participants) as listed from chats c left join whatsapp_groups g on g.id = c.group_id',
    );
    const facts = (chats: readonly [string, ...unknown[]][]): unknown[] => [...chats].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(facts(stored.map((chat) => [chat.chat_jid, chat.chat_type, chat.name, chat.phone, chat.count, chat.listed]))).toEqual(
      facts(listed.map((chat) => [chat.chat_id, chat.chat_type, chat.name, chat.phone, chat.group?.participants_count ?? null, chat.group?.participants_count ?? null])),
    );
    expect(await counts('chats', 'whatsapp_groups', "chats where chat_type = 'private' and contact_id is null", "chats where provider_type != 'webjs'")).toEqual([CHATS, GROUPS, 0, 0]);
    // Who is in a group.
    const [group] = await rows<{ group_jid: string; participants: { jid: string; is_admin: boolean }[] }>('select group_jid, participants from whatsapp_groups order by id limit 1');
    const { participants } = await bridge.api.ok<{ participants: { jid: string; is_admin: boolean }[] }>('GET', `/api/sessions/${SESSION}/groups/${group!.group_jid}`);
    const roles = (people: { jid: string; is_admin: boolean }[]): unknown[] => people.map(({ jid, is_admin }) => [jid, is_admin]);
    expect(roles(group!.participants)).toEqual(roles(participants));
    // Messages, within each chat in the order of WhatsApp.
    const brought = (await world.hub.messages(SESSION)).filter((message) => message.order > start && message.type !== 'gp2');
    const messages = await rows<{ chat: string; message_id: string }>('select c.chat_jid as chat, m.message_id from whatsapp_messages m join chats c on c.id = m.chat_id order by m.id');
    const order = new Map<string, string[]>();
    for (const { chat, message_id: id } of messages) order.set(chat, [...(order.get(chat) ?? []), id]);
    expect(brought).toHaveLength(420);
    expect(sorted(order)).toEqual(sorted(sentTo(brought)));
    // Nothing is left half done, and the session knows how it stands.
    expect(await counts('failed_jobs', 'whatsapp_deliveries where processed_at is null')).toEqual([0, 0]);
    const [session] = await rows<{ status: string; workspace_id: string; metadata: unknown }>('select status, workspace_id, metadata from whatsapp_sessions');
    expect(session).toMatchObject({ status: 'WORKING', workspace_id: '7' });
    expect(session?.metadata).toMatchObject({ sync_status: 'completed', last_error: null, sync_totals: { total: CHATS, synced: CHATS } });
    expect(rowsOf(join(world.dir, 'data'), "select 1 from outbox where state = 'dead'")).toEqual([]);
  }, TIMEOUT_MS);

  test('a bridge with another secret gets nothing in, and loses nothing', async () => {
    await bridge.kill();
    const taken = (): Promise<number[]> => counts('whatsapp_messages', 'whatsapp_deliveries', 'jobs');
    const before = await taken();
    const stranger = new MortalBridge(world, { ...settings, WEBHOOK_SECRET: 'b7c41e9f02d85a6317f4c0be92ad5836ee' });
    try {
      await stranger.back(SESSION);
      await world.hub.inbound(SESSION, { spread: 3, count: 6, body: 'rahasia lain' });
      await until(() => stranger.output.includes('refuses our credentials') && pending() >= 6, { name: 'the bridge was refused', timeoutMs: 30_000 });
      expect(await taken()).toEqual(before);
    } finally {
      await stranger.kill();
    }
    await bridge.back(SESSION);
    await until(() => pending() === 0, { name: 'what waited has come', timeoutMs: 30_000 });
    expect(await count("whatsapp_messages where body like 'rahasia lain%'")).toBe(6);
  }, TIMEOUT_MS);

  test('what it cannot understand becomes a dead letter, and the next one of the chat is taken', async () => {
    app.trouble({ percent: 100, answers: [500] });
    const { chats: [chat] } = await world.hub.inbound(SESSION, { from: '6281299990001', count: 3, body: 'surat' });
    await until(() => pending() >= 3, { name: 'three messages wait' });
    await bridge.kill();
    const db = new DatabaseSync(join(world.dir, 'data/bridge.sqlite'));
    db.exec("update event set data = json_set(data, '$.message_id', json('[]')) where json_extract(data, '$.body') = 'surat #2'");
    db.close();
    app.trouble(null);
    await bridge.back(SESSION);
    await until(() => pending() === 0, { name: 'what can be delivered is', timeoutMs: 30_000 });
    const dead = rowsOf<{ last_status: number; last_error: string }>(join(world.dir, 'data'), "select last_status, last_error from outbox where state = 'dead'");
    expect(dead).toMatchObject([{ last_status: 422 }]);
    expect(dead[0]?.last_error).toContain('data.message_id');
    expect(await rows(`select m.body from whatsapp_messages m join chats c on c.id = m.chat_id where c.chat_jid = '${chat}' order by m.id`)).toEqual([{ body: 'surat #1' }, { body: 'surat #3' }]);
  }, TIMEOUT_MS);
}));
