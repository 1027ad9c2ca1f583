/** Chats leave the page as slim rows, in slices, as one JSON string: never as the library's full models. */
const lastMessageOf = (chat) => {
  const messages = chat.msgs?.getModelsArray?.() ?? [];
  const last = messages[messages.length - 1];
  if (!last) return null;
  const media = Boolean(last.mimetype || last.directPath);
  return { id: last.id._serialized, type: last.type, body: media ? (last.caption ?? null) : (last.body ?? null), fromMe: Boolean(last.id.fromMe), t: last.t };
};

const timeOf = (chat) => chat.t ?? null;

/** `[id, seconds or null, is group]` of every chat, newest first; a person with two chats (phone and LID) is one. */
bridge.calls.listChats = () => {
  const rows = new Map();
  for (const chat of window.require('WAWebCollections').Chat.getModelsArray()) {
    const jid = bridge.jid(chat.id);
    if (!bridge.isChat(jid)) continue;
    const [id] = bridge.person(jid);
    const t = timeOf(chat);
    const known = rows.get(id);
    if (!known || (t ?? 0) > (known[1] ?? 0)) rows.set(id, [id, t, bridge.isGroup(id) ? 1 : 0]);
  }
  return [...rows.values()].sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0));
};

/** A group whose participants were never loaded is asked for once; the others are taken as they are. */
const withParticipants = async (chat) => {
  const found = bridge.participants(chat);
  if (found.length > 0) return found;
  const collections = window.require('WAWebCollections');
  const metadata = collections.GroupMetadata ?? collections.WAWebGroupMetadataCollection;
  try {
    await metadata.update(bridge.wid(bridge.jid(chat.id)));
  } catch {
    // A group that we were removed from has none.
  }
  return bridge.participants(chat);
};

/** A chat without its participants. */
bridge.slimChat = (id, chat) => {
  const group = bridge.isGroup(id);
  return {
    id,
    lid: group ? null : (bridge.person(bridge.jid(chat.id))?.[1] ?? null),
    name: chat.formattedTitle ?? chat.name ?? null,
    unread: chat.unreadCount ?? 0,
    t: timeOf(chat),
    archived: Boolean(chat.archive),
    pinned: Boolean(chat.pin),
    muted: Boolean(chat.mute?.isMuted ?? (chat.mute?.expiration ?? 0) !== 0),
    last: lastMessageOf(chat),
    subject: group ? (chat.groupMetadata?.subject ?? chat.formattedTitle ?? null) : null,
  };
};

bridge.calls.chats = async ({ ids }) => {
  const rows = [];
  for (const id of ids) {
    const chat = bridge.findChat(id);
    if (chat) rows.push({ ...bridge.slimChat(id, chat), participants: bridge.isGroup(id) ? await withParticipants(chat) : null });
  }
  return rows;
};
