/* global Sim */
{
  const Msg = new Sim.Collection();
  Msg.modelClass = Sim.MessageModel;

  /** Finds messages that are not loaded, too; those do not become part of the collection. */
  Msg.getMessagesById = async (keys) => {
    await Sim.lag();
    const names = keys.map(Sim.idOf);
    const missing = names.filter((key) => !Msg.get(key));
    const found = new Map();
    if (missing.length > 0) {
      const { messages } = await Sim.link.call('get_messages', { keys: missing });
      for (const wire of messages) found.set(wire.key, Sim.messageOf(wire));
    }
    return { messages: names.map((key) => Msg.get(key) ?? found.get(key)).filter(Boolean) };
  };

  Msg.search = async (query, page = 1, count = 50, remote = undefined) => {
    await Sim.lag();
    const hits = Msg.getModelsArray().filter((msg) => (!remote || msg.id.remote._serialized === Sim.idOf(remote)) && String(msg.body ?? '').includes(query));
    return { messages: hits.slice((page - 1) * count, page * count), eof: hits.length <= page * count };
  };

  const Chat = new Sim.Collection();
  Chat.modelClass = Sim.ChatModel;
  Chat.compare = (a, b) => (b.pin || 0) - (a.pin || 0) || (b.t || 0) - (a.t || 0);

  Chat.find = async (value) => {
    const { chat } = await Sim.findChat(Sim.createWid(value));
    if (!chat) throw new Error('chat not found');
    return chat;
  };

  /** The account's chat with somebody: in LID mode the same one, whichever of the two ids is asked for. */
  Sim.findChat = async (wid) => {
    await Sim.lag();
    const id = Sim.account.lid_mode && wid.server === 'c.us' ? Sim.toLid(wid) : wid;
    const known = Chat.get(id);
    if (known) return { chat: known, created: false };
    const { chat } = await Sim.link.call('find_chat', { jid: wid._serialized });
    if (!chat) throw new Error(wid.isGroup() ? 'chat not found' : 'No LID for user');
    return { chat: Chat.get(chat.jid) ?? Sim.addChat(chat), created: true };
  };

  /** A chat as the hub tells it. */
  Sim.addChat = (wire) => {
    const known = Chat.get(wire.jid);
    if (known) {
      known.apply(wire);
      return known;
    }
    const chat = new Sim.ChatModel(wire);
    // Not enumerable: it is ours, no attribute of the real model.
    Object.defineProperty(chat, 'saved', { value: wire.saved });
    if (wire.last) Sim.loadMessage(chat, wire.last);
    return Chat.add(chat);
  };

  /** A message that was there before: nobody is told. */
  Sim.loadMessage = (chat, wire) => {
    const known = Msg.get(wire.key);
    if (known) return known;
    const message = Sim.messageOf(wire);
    message.chat = chat;
    Msg.add(message, { silent: true });
    chat.msgs.add(message, { silent: true });
    chat.lastReceivedKey = message.id;
    return message;
  };

  const EARLIER_SOURCES = new WeakMap();

  /** Up to 50 messages from before the oldest loaded one. Two calls at once get the same ones. */
  Sim.loadEarlier = ({ chat }) => {
    if (!EARLIER_SOURCES.has(chat)) EARLIER_SOURCES.set(chat, askEarlier(chat).finally(() => EARLIER_SOURCES.delete(chat)));
    return EARLIER_SOURCES.get(chat);
  };

  const askEarlier = async (chat) => {
    await Sim.lag();
    const { messages } = await Sim.link.call('earlier', { chat: chat.id._serialized, before: chat.msgs.head()?.id._serialized ?? null });
    const models = messages.filter((wire) => !Msg.get(wire.key)).map((wire) => {
      const message = Sim.messageOf(wire);
      message.chat = chat;
      Msg.add(message, { silent: true });
      return message;
    });
    return chat.msgs.prepend(models);
  };

  /** Changes of a chat that the account keeps on its server. */
  Sim.keepFlags = (chat, flags) => Sim.link.call('chat_flags', { jid: chat.id._serialized, flags });

  Object.assign(Sim, { Msg, Chat });
}
