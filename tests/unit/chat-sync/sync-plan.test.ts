import { describe, expect, test } from '@jest/globals';
import { planSync } from '../../../whatsapp-service/features/chat-sync/sync-plan.js';
import { asChatId } from '../../../whatsapp-service/shared/ids.js';

const DAY = 86_400_000;
const now = 1_800_000_000_000;
const chats = [0, 1, 2, 5, 40].map((days) => ({ id: asChatId(`chat-${days}`), lastMessageAt: now - days * DAY }));
const silent = { id: asChatId('silent'), lastMessageAt: null };

describe('the plan of a chat sync', () => {
  test('takes everything in the order given, in batches', () => {
    expect(planSync([...chats, silent], { max_chats: 0, sync_window: 0 }, 4, now)).toEqual([['chat-0', 'chat-1', 'chat-2', 'chat-5'], ['chat-40', 'silent']]);
  });
  test('takes the newest so many', () => {
    expect(planSync(chats, { max_chats: 2, sync_window: 0 }, 50, now)).toEqual([['chat-0', 'chat-1']]);
  });
  test('takes a window of days, its edge included; a chat without a time is outside', () => {
    expect(planSync([...chats, silent], { max_chats: 0, sync_window: 5 }, 50, now)).toEqual([['chat-0', 'chat-1', 'chat-2', 'chat-5']]);
  });
  test('has no batch when there is no chat', () => {
    expect(planSync([], { max_chats: 0, sync_window: 0 }, 50, now)).toEqual([]);
  });
});
