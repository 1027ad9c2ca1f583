import { expect, test } from '@jest/globals';
import { batchBody, readSlice } from '../../../whatsapp-service/features/chat-sync/batch-chats.js';
import { asChatId } from '../../../whatsapp-service/shared/ids.js';
import type { ChatSyncBatchRow } from '../../../whatsapp-service/storage/schema.js';
import type { ChatText, ProviderSession } from '../../../whatsapp-service/whatsapp/provider.js';

const batchOf = (number: number, ids: string[]): ChatSyncBatchRow =>
  ({ sync_id: 'syn_1', number, delivery_id: `dlv_${number}`, chat_ids: JSON.stringify(ids.map(asChatId)), state: 'pending', attempts: 0 }) as ChatSyncBatchRow;
const pageWith = (texts: (ChatText | null)[]): ProviderSession => ({ chatTexts: () => Promise.resolve(texts) }) as unknown as ProviderSession;
const chat = (value: unknown, isGroup = false): ChatText => ({ json: JSON.stringify(value), isGroup });
const bodyOf = (batch: ChatSyncBatchRow, chats: Parameters<typeof batchBody>[1]): string => batchBody(batch, chats, { sessionId: 7, workspaceId: null, last: false }, 0).toString('utf8');

test('the answer of one call is divided by the plan, and becomes the bytes of its batches', async () => {
  const batches = [batchOf(1, ['a@c.us', 'b@c.us', 'c@g.us']), batchOf(2, ['d@c.us']), batchOf(3, ['e@c.us'])];
  const slice = await readSlice(pageWith([chat({ n: 'Ünal' }), null, chat({ n: '😀 grup' }, true), null, chat({ n: 'é€' })]), batches);

  expect(slice.map(({ count, groups, gone }) => [count, groups, gone])).toEqual([[2, 1, 1], [0, 0, 1], [1, 0, 0]]);
  // Each batch stands by itself, though all were written in the same place.
  expect(slice.map(({ json }) => JSON.parse(json.toString('utf8')) as unknown)).toEqual([[{ n: 'Ünal' }, { n: '😀 grup' }], [], [{ n: 'é€' }]]);
  const [first] = slice;
  if (!first || !batches[0]) throw new Error('no slice');
  expect(JSON.parse(bodyOf(batches[0], first))).toEqual({
    delivery_id: 'dlv_1', sent_at: '1970-01-01T00:00:00.000Z', session_id: 7, workspace_id: null, sync_id: 'syn_1', batch: { number: 1, last: false }, chats: [{ n: 'Ünal' }, { n: '😀 grup' }],
  });
});

test('a batch may be of any size', async () => {
  const people = Array.from({ length: 2_000 }, (_, index) => `€😀${index}`);
  const texts = Array.from({ length: 50 }, (_, index) => chat({ index, people }, true));
  const [slice] = await readSlice(pageWith(texts), [batchOf(1, texts.map((_, index) => `${index}@g.us`))]);
  expect(slice?.json.length).toBeGreaterThan(1_000_000);
  expect(slice?.json.toString('utf8')).toBe(`[${texts.map(({ json }) => json).join(',')}]`);
});
