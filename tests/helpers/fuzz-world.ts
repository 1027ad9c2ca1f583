import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import { TEST_KEY, type BridgeApi, type World } from './bridge.js';
import type { FileHost } from './file-host.js';
import type { Known, Place } from './hostile-requests.js';
import { SAMPLES } from './media-samples.js';
import { until } from './sandbox-client.js';

const SESSION = 'sales';
const FILES = { '/picture.jpg': SAMPLES.jpeg, '/clip.mp4': SAMPLES.mp4, '/jingle.mp3': SAMPLES.mp3, '/note.ogg': SAMPLES.voice, '/invoice.pdf': SAMPLES.pdf, '/invoice-1042.pdf': SAMPLES.pdf, '/thanks.webp': SAMPLES.webp };
const BLASTS = '/api/whatsapp/blast';

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const phones = (count: number, head: string): string[] => many(count, (index) => `+62812${head}${String(index).padStart(3, '0')}`);

/** What the bodies of examples point to. */
export function serveFiles(files: FileHost): void {
  for (const [name, sample] of Object.entries(FILES)) files.file(name, sample);
  files.redirect('/', 'http://169.254.169.254/');
}

/** Names of things that are there, so that requests get further than the first look-up. */
export async function knownNames(world: World, api: BridgeApi, files: FileHost): Promise<Known> {
  const messages = await Promise.all(many(10, async (index) => (await api.ok<MessageView>('POST', '/api/messages?wait=sent', { session_id: SESSION, to: `0812-9876-54${index}0`, text: `halo ${index}` })).id));
  await api.ok('POST', '/api/sessions', { id: 'asleep', start: false });
  const waiting = await Promise.all(many(10, async () => (await api.ok<MessageView>('POST', '/api/messages', { session_id: 'asleep', to: '081298765432', text: 'halo' })).id));
  const media = await Promise.all([SAMPLES.png, SAMPLES.voice, SAMPLES.pdf, SAMPLES.mp4, SAMPLES.webp].map(async (sample) => (await api.ok<{ id: string }>('POST', '/api/media', { base64: sample.toString('base64') })).id));
  const { message_ids: inbound } = await world.hub.inbound(SESSION, { from: '6281298765432', body: 'halo' });
  const { message_ids: pictures } = await world.hub.inbound(SESSION, { from: '6281298765432', type: 'image', media: { size: 3_000 }, count: 3 });
  const path = (id: string): string => `/api/messages/${encodeURIComponent(id)}/media`;
  for (const id of pictures) await until(async () => (await api.request('GET', path(id))).status === 200, { name: 'the picture can be had' });
  const chats = [...new Set((await world.hub.messages(SESSION)).map(({ chat }) => chat))];
  const groups = await Promise.all([1, 2, 3].map(async (number) => (await api.ok<{ group_jid: string }>('POST', `/api/sessions/${SESSION}/groups`, { subject: `Reseller ${number}`, participants: ['0812-3456-7890', '0812-3456-7891'] })).group_jid));
  const limited = async (scope: string, session: string | null): Promise<string> => (await makeKey(api, { name: scope, scopes: [scope], ...(session !== null && { sessions: [session] }) })).key;
  const keys = [TEST_KEY, await limited('read', null), await limited('send', null), await limited('send', SESSION), await limited('admin', 'other')];
  const lasting: Place[] = [
    { path: '/api/messages/{id}/media', ids: pictures },
    { path: '/api/messages/', ids: [...messages, ...waiting] },
    { path: '/api/media/', ids: media },
  ];
  const known = { session: SESSION, messages, groups, jids: [...chats, '6281298765432@c.us', ...inbound], keys, files: files.url(''), places: lasting };
  return { ...known, places: [...(await passingPlaces(api)), ...lasting] };
}

/** What requests use up: asked for again, there are new ones. The later ones of each are for what ends them. */
export async function passingPlaces(api: BridgeApi): Promise<Place[]> {
  const people = phones(30, '5550');
  await api.ok('PUT', '/api/contacts', { contacts: people.map((phone, index) => ({ phone, name: `Orang ${index}` })) });
  await api.ok('PUT', '/api/opt-outs', { people: phones(30, '6660') });
  await api.ok('POST', '/api/contacts/check', { session_id: SESSION });
  const endpoints = await Promise.all(many(12, async (index) => (await api.ok<{ id: string }>('POST', '/api/webhooks/endpoints', { session_id: SESSION, url: `https://crm.example/hooks/${index}`, events: ['group.join'] })).id));
  const { deliveries } = await api.ok<{ deliveries: { id: string; endpoint_id: string }[] }>('GET', '/api/webhooks/deliveries?limit=50');
  const { id: redelivery } = await api.ok<{ id: string }>('POST', '/api/webhooks/redeliveries', { state: 'dead' });
  const keys = await Promise.all(many(12, async () => (await makeKey(api, { name: 'to lose', scopes: ['read'] })).id));
  const drafts = await Promise.all(many(3, () => startBlast(api, { draft: true, recipients: [] })));
  const over = await Promise.all(many(3, () => startBlast(api, {})));
  for (const id of over) await api.ok('POST', `${BLASTS}/${id}/stop`);
  const running = await Promise.all(many(12, () => startBlast(api, {})));
  const [first = ''] = running;
  const { recipients } = await api.ok<{ recipients: { id: number }[] }>('GET', `${BLASTS}/${first}/recipients?limit=60`);
  const jobs = [...drafts, ...over, ...running];
  return [
    { path: `${BLASTS}/{id}/recipients/`, name: 'id', ids: [first] },
    { path: `${BLASTS}/{id}/recipients/`, name: 'recipient_id', ids: recipients.map(({ id }) => String(id)) },
    { path: `${BLASTS}/`, ids: jobs },
    { path: '/broadcast/', ids: jobs },
    { path: '/api/contacts/{phone}', ids: people },
    { path: '/api/opt-outs/', ids: phones(30, '6660') },
    { path: '/api/webhooks/endpoints/', ids: endpoints },
    { path: '/api/webhooks/deliveries/', ids: deliveries.map(({ id }) => id) },
    { path: '/api/webhooks/redeliveries/', ids: [redelivery] },
    { path: '/api/keys/', ids: keys },
  ];
}

const makeKey = (api: BridgeApi, body: object): Promise<{ id: string; key: string }> => api.ok('POST', '/api/keys', body);

/** Slow enough to be there all along. */
async function startBlast(api: BridgeApi, more: object): Promise<string> {
  const blast = { session_id: SESSION, content: { type: 'text', text: 'Halo' }, recipients: phones(40, '7770'), pace: { per_minute: 1 }, ...more };
  return (await api.ok<{ job: { id: string } }>('POST', `${BLASTS}/start`, blast)).job.id;
}
