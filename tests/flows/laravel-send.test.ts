import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'puppeteer';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import { TEST_KEY, TEST_SECRET, type BridgeApi, type World } from '../helpers/bridge.js';
import type { CuttingProxy } from '../helpers/cutting-proxy.js';
import type { LaravelApp } from '../helpers/laravel-app.js';
import { describeWithLaravel } from '../helpers/laravel-package.js';
import { Shop } from '../helpers/laravel-shop.js';
import { openBrowser, until } from '../helpers/sandbox-client.js';

const TO = '0812-9876-5432';
const JID = '6281298765432@c.us';

describeWithLaravel('a Laravel application that sends through the package', () => {
  let shop: Shop;
  let world: World;
  let api: BridgeApi;
  let proxy: CuttingProxy;
  let app: LaravelApp;

  beforeAll(async () => {
    shop = await Shop.open();
    ({ world, api, proxy, app } = shop);
    await api.ok('POST', '/api/sessions', { id: 'stopped', workspace_id: 7, start: false });
  });
  afterAll(() => shop.close());

  const sentOf = async (body: string) => (await world.hub.sent('sales')).filter((sent) => sent.body === body);
  const groupOf = async () => (await world.hub.messages('sales')).find(({ chat }) => chat.endsWith('@g.us'))!.chat;

  test('every kind arrives once', async () => {
    const sent = await shop.does<Record<string, MessageView>>('kinds', { to: TO, group: await groupOf() });
    const onHub = await world.hub.sent('sales');
    const types = Object.fromEntries(Object.entries(sent).map(([kind, message]) => [kind, onHub.filter(({ message_id }) => message_id === message.message_id).map(({ type, deliveries }) => [type, deliveries])]));
    expect(types).toEqual({
      text: [['chat', 1]],
      image: [['image', 1]],
      video: [['video', 1]],
      audio: [['audio', 1]],
      voice: [['ptt', 1]],
      document: [['document', 1]],
      sticker: [['sticker', 1]],
      location: [['location', 1]],
      contact: [['vcard', 1]],
      contacts: [['multi_vcard', 1]],
      poll: [['poll_creation', 1]],
      group: [['chat', 1]],
      reply: [['chat', 1]],
    });
    expect(Object.values(sent).every(({ state }) => ['sent', 'delivered', 'read'].includes(state))).toBe(true);
    const told = await until(() => world.receiver.webhooks('message.sent').find(({ data }) => data.id === sent.reply?.id), { name: 'the reply is told of' });
    expect(told.data).toMatchObject({ quoted: { message_id: sent.text?.message_id } });
  });

  test('what is out can be edited, reacted to and deleted', async () => {
    const { message_id, ...ours } = await shop.does<Record<'id' | 'message_id' | 'edit' | 'reaction' | 'deletion', string>>('change', { to: TO });
    for (const id of [ours.edit, ours.reaction, ours.deletion]) await api.messageIn(id, 'sent');
    for (const event of ['message.edited', 'message.reaction', 'message.revoked']) {
      await until(() => world.receiver.webhooks(event).some(({ data }) => data.message_id === message_id), { name: event });
    }
  });

  test('what waits can be taken back, once', async () => {
    const { id, ...taken } = await shop.does<{ id: string; state: string; again: string }>('cancel', { to: TO });
    expect(taken).toEqual({ state: 'cancelled', again: 'MessageNotCancellableException' });
    expect(await api.ok('GET', `/api/messages/${id}`)).toMatchObject({ state: 'cancelled' });
  });

  test('a group is made once, and people come, lead and go', async () => {
    proxy.cut = 0;
    proxy.cuts = 1;
    const group = await shop.does<{ jid: string; named: number; results: Record<string, string[]>; admins: string[]; links: string[]; is_member: boolean }>('group', { people: ['0812-3456-7890', '0813-2222-3333'], newcomer: '0814-5555-6666' });
    expect(proxy.cut).toBe(1);
    expect(group).toMatchObject({ named: 1, results: { add: ['added'], promote: ['promoted'], demote: ['demoted'], remove: ['removed'] }, is_member: false });
    expect(group.admins).toEqual(expect.arrayContaining(['6281234567890@c.us']));
    expect(new Set(group.links.filter((link) => link.startsWith('https://'))).size).toBe(2);
    await until(() => world.receiver.webhooks('group.leave').some(({ data }) => data.group_jid === group.jid), { name: 'the backend hears of who left' });
  });

  test('a connection that is lost after the request does not send twice', async () => {
    const texts = Array.from({ length: 10 }, (_, index) => `putus ${index}`);
    proxy.cut = 0;
    proxy.cuts = 3;
    const ids = await shop.does<string[]>('texts', { to: TO, texts });
    expect(proxy.cut).toBe(3);
    expect(new Set(ids).size).toBe(10);
    for (const id of ids) await api.messageIn(id, 'read');
    for (const text of texts) expect(await sentOf(text)).toMatchObject([{ to: JID, deliveries: 1, attempts: 1 }]);
  });

  test('a queued notification, whose first attempt never heard of its success, sends once', async () => {
    await shop.does('notify', { to: TO, text: 'dari antrean' });
    expect(await sentOf('dari antrean')).toEqual([]);
    proxy.cut = 0;
    // As often as the client tries within one attempt of the job.
    proxy.cuts = 4;
    await app.artisan('queue:work', '--once', '--sleep=0');
    expect(proxy.cut).toBe(4);
    await app.artisan('queue:work', '--once', '--sleep=0');
    const { messages } = await api.ok<{ messages: MessageView[] }>('GET', '/api/messages?session_id=sales&limit=1');
    await api.messageIn(messages[0]!.id, 'read');
    expect(await sentOf('dari antrean')).toMatchObject([{ to: JID, deliveries: 1, attempts: 1 }]);
    // Nothing is left to try.
    expect((await app.tryArtisan({}, 'queue:work', '--stop-when-empty')).stdout).toBe('');
    expect(await app.artisan('queue:failed')).toContain('No failed jobs');
  });

  test('each mistake is its own exception', async () => {
    const api409 = { status: 409, family: 'ConflictException', has_id: true };
    expect(await shop.does('mistakes', { to: TO })).toEqual({
      'no such session': { class: 'SessionNotFoundException', family: 'NotFoundException', status: 404, code: 'session_not_found', has_id: true },
      'no such message': { class: 'MessageNotFoundException', family: 'NotFoundException', status: 404, code: 'message_not_found', has_id: true },
      'session stopped': { class: 'SessionWrongStateException', code: 'session_wrong_state', ...api409 },
      'key reused': { class: 'IdempotencyKeyReusedException', code: 'idempotency_key_reused', ...api409 },
      'private URL': { class: 'MediaUrlNotAllowedException', family: 'InvalidRequestException', status: 422, code: 'media_url_not_allowed', has_id: true },
      'no number': { class: 'InvalidPhoneException', family: 'InvalidRequestException', status: 400, code: 'invalid_phone', has_id: true },
      'empty text': { class: 'InvalidRequestException', family: 'WhatsAppApiException', status: 400, code: 'invalid_request', has_id: true },
      'wrong key': { class: 'UnauthorizedException', family: 'WhatsAppApiException', status: 401, code: 'unauthorized', has_id: true },
      'nobody there': { class: 'BridgeUnreachableException', may_have_arrived: false },
    });
  });

  test('sessions, chats, groups and numbers are read', async () => {
    const seen = await shop.does<{ states: object; chats: string[]; group: number; numbers: unknown[]; contact: string; listed: number }>('directory', { to: TO });
    const { chats } = await api.ok<{ chats: { chat_id: string }[] }>('GET', '/api/sessions/sales/chats?limit=200');
    expect(seen).toEqual({
      states: { sales: 'WORKING', stopped: 'STOPPED' },
      chats: chats.map(({ chat_id }) => chat_id),
      group: expect.any(Number),
      numbers: [['+6281298765432', true, null], [null, null, 'invalid_phone']],
      contact: '+6281298765432',
      listed: 5,
    });
    expect(seen.group).toBeGreaterThan(0);
  });

  test('a session is made, shows its QR in three forms, is paired by a code, stopped, started, restarted, unlinked and deleted', async () => {
    const session = <T = { state: string }>(what: string, more: object = {}): Promise<T> => shop.does<T>('session', { id: 'made', do: what, ...more });
    expect(await session('create')).toMatchObject({ id: 'made', workspace_id: 7, device_name: 'Toko' });
    await api.inState('made', 'SCAN_QR_CODE');
    const qr = await session<Record<'text' | 'svg' | 'png', string>>('qr');
    expect([qr.text.length > 20, qr.svg.includes('<svg'), Buffer.from(qr.png, 'base64').subarray(1, 4).toString()]).toEqual([true, true, 'PNG']);

    const { code, phone } = await session<{ code: string; phone: string }>('code', { phone: '0812-9999-0001' });
    expect(phone).toBe('+6281299990001');
    await world.hub.enterPairingCode('made', code);
    await api.inState('made', 'WORKING');
    expect((await session('status')).state).toBe('WORKING');
    expect((await session('stop')).state).toBe('STOPPED');
    await session('start');
    await api.inState('made', 'WORKING');
    await session('restart');
    await api.inState('made', 'WORKING');
    expect(await session('logout')).toMatchObject({ state: 'STOPPED', paired: false });
    expect(await session('delete')).toEqual({ deleted: null });
    expect((await api.request('GET', '/api/sessions/made')).status).toBe(404);
  });

  test('whatsapp:status says how things are, and ends with 1 when nothing is there', async () => {
    const good = await app.tryArtisan({}, 'whatsapp:status');
    expect(good.exitCode).toBe(0);
    expect(good.stdout).toMatch(/database: ok[\s\S]*\| sales +\| WORKING[\s\S]*\| stopped +\| STOPPED/);
    const gone = await app.tryArtisan({ WHATSAPP_BRIDGE_URL: 'http://127.0.0.1:9' }, 'whatsapp:status', '--json');
    expect(gone.exitCode).toBe(1);
    expect(JSON.parse(gone.stdout)).toMatchObject({ ok: false });
    expect(gone.stdout + gone.stderr).not.toContain(TEST_KEY);
  });

  describeWithLaravel('the QR component in a browser', () => {
    let browser: Browser;
    let url: string;
    beforeAll(async () => {
      url = await app.serve();
      browser = await openBrowser();
    });
    afterAll(() => browser.close());

    test('shows the QR until it is scanned, and nothing of the bridge', async () => {
      await api.ok('POST', '/api/sessions', { id: 'new', workspace_id: 7 });
      const page = await browser.newPage();
      const answers: string[] = [];
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('response', (response) => void response.text().then((text) => answers.push(JSON.stringify(response.headers()) + text), () => {}));
      await page.goto(`${url}/sign-in/operator`);
      await page.goto(`${url}/pair/new`);
      await page.waitForSelector('[data-state="SCAN_QR_CODE"] img:not([hidden])', { timeout: 30_000 });
      expect(await page.evaluate("[document.images[0].src.split(',')[0], document.images[0].naturalWidth > 0]")).toEqual(['data:image/svg+xml;base64', true]);

      await until(() => world.hub.scanQr('new').then(() => true, () => false), { name: 'the QR is scanned' });
      await page.waitForSelector('[data-state="WORKING"] img[hidden]', { timeout: 30_000 });
      expect(asked.every((address) => address.startsWith(url) || address.startsWith('data:'))).toBe(true);
      expect(answers.length).toBeGreaterThan(3);
      for (const secret of [TEST_KEY, TEST_SECRET, api.url, proxy.url]) expect(answers.join('\n')).not.toContain(secret);
    });

    test('is for those who may pair alone', async () => {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      const askAs = async (): Promise<number> => page.evaluate(async (path) => (await fetch(path, { headers: { Accept: 'application/json' } })).status, '/whatsapp/qr/new');
      await page.goto(`${url}/sign-in/customer`);
      expect(await askAs()).toBe(403);
      await context.deleteCookie(...(await context.cookies()));
      expect(await askAs()).toBe(401);
      await context.close();
    });
  });
});
