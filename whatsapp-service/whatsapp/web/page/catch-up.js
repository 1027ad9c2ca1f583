/**
 * WhatsApp hands a message to this device once; one that came while nobody listened (before `ready`, or in the
 * moment of a crash) raises no event, but it is in the page's store. This finds those and puts them before the live ones.
 */
const MAX_PER_CHAT = 5_000;

/** `whole` is false where the chat could not be read back to `since`. */
const missedIn = async (chat, since) => {
  const load = bridge.module('WAWebChatLoadMessages')?.loadEarlierMsgs;
  let messages = chat.msgs.getModelsArray();
  let whole = true;
  try {
    while (load && messages.length > 0 && messages[0].t >= since) {
      whole = messages.length < MAX_PER_CHAT;
      const earlier = whole && (await load({ chat }));
      if (!earlier?.length) break;
      messages = chat.msgs.getModelsArray();
    }
  } catch {
    whole = false;
  }
  return { whole, found: messages.filter((msg) => msg.t >= since && msg.type !== 'ciphertext') };
};

bridge.calls.catchUp = async ({ since }) => {
  const missed = [];
  let unread = 0;
  try {
    const chats = window.require('WAWebCollections').Chat.getModelsArray();
    for (const chat of chats) {
      if (!((chat.t ?? 0) >= since) || !bridge.isChat(bridge.jid(chat.id))) continue;
      const { whole, found } = await missedIn(chat, since);
      if (!whole) unread++;
      for (const msg of found) missed.push({ t: msg.t, events: bridge.happeningsOf(window.WWebJS.getMessageModel(msg)) });
    }
    // A stable sort: within a chat and a second, the store's order stays.
    missed.sort((a, b) => a.t - b.t);
  } finally {
    bridge.release(missed.flatMap(({ events }) => events));
  }
  return { found: missed.length, unread };
};
