/**
 * One send at a time. The WhatsApp message id was chosen and committed by node; WhatsApp Web asks
 * `WAWebMsgKey.newId()` for one, and gets ours for the send that is under way.
 */
let ownKey = null;
let turn = Promise.resolve();

const takeOverNewId = () => {
  const MsgKey = window.require('WAWebMsgKey');
  if (MsgKey.newId.isBridge) return;
  const original = MsgKey.newId.bind(MsgKey);
  MsgKey.newId = async () => {
    const key = ownKey ?? (await original());
    ownKey = null;
    return key;
  };
  MsgKey.newId.isBridge = true;
};

const openChat = async (chatId) => {
  const known = bridge.findChat(chatId);
  if (known) return known;
  if (bridge.isGroup(chatId)) throw bridge.fail('chat_not_found', 'This account has no such group.');
  const target = bridge.wid(chatId);
  const exists = await window.require('WAWebQueryExistsJob').queryWidExists(target);
  if (!exists) throw bridge.fail('number_not_on_whatsapp', 'This number is not on WhatsApp.');
  const found = await window.require('WAWebFindChatAction').findOrCreateLatestChat(exists.wid ?? target);
  if (!found?.chat) throw bridge.fail('chat_not_found', 'WhatsApp did not open a chat with this number.');
  return found.chat;
};

const within = (ms, promise) => Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ms, null))]);

const resultOf = (msg) => {
  if (msg.ack < 0) throw bridge.fail('send_failed', 'WhatsApp refused the message.');
  return { id: msg.id._serialized, key: msg.id.id, ack: msg.ack ?? 0 };
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a person does before a message goes out. It is for show: a failure of it must not cost the message. */
const prepare = async (chat, { seen, typingMs }) => {
  const chatId = bridge.jid(chat.id);
  try {
    if (seen) await window.WWebJS.sendSeen(chatId);
    if (typingMs > 0) {
      await window.WWebJS.sendChatstate('typing', chatId);
      await pause(typingMs);
      await window.WWebJS.sendChatstate('stop', chatId);
    }
  } catch {
    // See above.
  }
};

const sendMessage = async ({ chatId, key, content, quotedMessageId, repeat, ackTimeoutMs, ...manners }) => {
  const before = repeat ? await findMessage(chatId, key) : null;
  if (before && !(before.ack < 0)) return resultOf(before);
  const chat = await openChat(chatId);
  await prepare(chat, manners);
  const [text, options] = await bridge.sendArguments(content);
  const quote = quotedMessageId ? { quotedMessageId, ignoreQuoteErrors: true } : {};
  takeOverNewId();
  ownKey = key;
  try {
    // Until the page has the message; what WhatsApp says of it comes as its acks.
    const sending = window.WWebJS.sendMessage(chat, text, { mentionedJidList: [], ...options, ...quote });
    const sent = await within(ackTimeoutMs, sending);
    const msg = sent ?? (await findMessage(chatId, key));
    if (!msg) throw bridge.fail('timeout', 'The page did not take the message in time.');
    return resultOf(msg);
  } finally {
    ownKey = null;
  }
};

/** An edit, a reaction or a deletion is about a message that has an id already; the answer carries that one. */
const act = async (action, { key, content }) => {
  await action(content);
  return { id: content.messageId, key, ack: 1 };
};

bridge.calls.send = (args) => {
  const action = bridge.actionOf(args.content);
  const result = turn.then(() => (action ? act(action, args) : sendMessage(args)));
  turn = result.catch(() => {});
  return result;
};

/** A message's serialised ids carry its chat, and in a group also us, under either of our ids. */
const serialisedIds = (chatId, key) => {
  const me = window.require('WAWebUserPrefsMeUser');
  const chats = [chatId, bridge.lidJid(chatId)].filter(Boolean);
  const own = [me.getMaybeMePnUser?.(), me.getMaybeMeLidUser?.()].map((id) => bridge.jid(id)).filter(Boolean);
  return chats.flatMap((chat) => {
    const id = `true_${chat}_${key}`;
    return bridge.isGroup(chat) ? [...own.map((jid) => `${id}_${jid}`), id] : [id];
  });
};

const findMessage = async (chatId, key) => {
  const { Msg } = window.require('WAWebCollections');
  const ids = serialisedIds(chatId, key);
  for (const id of ids) {
    const loaded = Msg.get(id);
    if (loaded) return loaded;
  }
  for (const id of ids) {
    const stored = (await Msg.getMessagesById([id]))?.messages?.[0];
    if (stored) return stored;
  }
  return null;
};

/** `[serialised id, ack]` of each message that WhatsApp has, loaded or not. */
bridge.calls.acks = async ({ ids }) => {
  const { Msg } = window.require('WAWebCollections');
  const loaded = ids.map((id) => Msg.get(id)).filter(Boolean);
  const missing = ids.filter((id) => !Msg.get(id));
  const stored = missing.length > 0 ? ((await Msg.getMessagesById(missing))?.messages ?? []) : [];
  return [...loaded, ...stored].map((msg) => [msg.id._serialized, msg.ack ?? 0]);
};

bridge.calls.lookUp = async ({ chatId, key }) => {
  const msg = await findMessage(chatId, key);
  return msg ? { found: true, id: msg.id._serialized, ack: msg.ack ?? 0 } : { found: false };
};
