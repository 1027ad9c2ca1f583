/**
 * Chats leave the page as slim rows, in slices, as one JSON string: never as the library's full models.
 * The rows have no names (`PageChat` in page-script.ts): what a slice costs is what it weighs.
 */
const lastMessageOf = (chat) => {
  const messages = chat.msgs?.getModelsArray?.() ?? [];
  const last = messages[messages.length - 1];
  if (!last) return null;
  const media = Boolean(last.mimetype || last.directPath);
  return [last.id._serialized, last.type, media ? (last.caption ?? null) : (last.body ?? null), last.id.fromMe ? 1 : 0, last.t];
};

const timeOf = (chat) => chat.t ?? null;

/**
 * Every chat, newest first, as one text: its id and the seconds of its last message (none: `-`), all with a space between. As rows of JSON
 * they would weigh half as much again. A person with two chats (phone and LID) is one.
 */
bridge.calls.listChats = () => {
  const times = new Map();
  for (const chat of window.require('WAWebCollections').Chat.getModelsArray()) {
    const jid = bridge.jid(chat.id);
    if (!bridge.isChat(jid)) continue;
    const [id] = bridge.person(jid);
    const t = timeOf(chat);
    if (!times.has(id) || (t ?? 0) > (times.get(id) ?? 0)) times.set(id, t);
  }
  const newestFirst = [...times].sort(([, a], [, b]) => (b ?? 0) - (a ?? 0));
  return newestFirst.map(([id, t]) => `${id} ${t ?? '-'}`).join(' ');
};

/** A group whose participants were never loaded is asked for once; the others are taken as they are. */
const withParticipants = async (chat) => {
  const found = bridge.participants(chat);
  if (found !== '') return found;
  const collections = window.require('WAWebCollections');
  const metadata = collections.GroupMetadata ?? collections.WAWebGroupMetadataCollection;
  try {
    await metadata.update(bridge.wid(bridge.jid(chat.id)));
  } catch {
    // A group that we were removed from has none.
  }
  return bridge.participants(chat);
};

/** A chat's row without its participants. */
bridge.slimChat = (id, chat) => {
  const group = bridge.isGroup(id);
  const muted = chat.mute?.isMuted ?? (chat.mute?.expiration ?? 0) !== 0;
  return [
    id,
    group ? null : (bridge.person(bridge.jid(chat.id))?.[1] ?? null),
    chat.formattedTitle ?? chat.name ?? null,
    chat.unreadCount ?? 0,
    timeOf(chat),
    (chat.archive ? 1 : 0) | (chat.pin ? 2 : 0) | (muted ? 4 : 0),
    lastMessageOf(chat),
    group ? (chat.groupMetadata?.subject ?? chat.formattedTitle ?? null) : null,
  ];
};

/** In the order of `ids`; null for a chat that is gone. */
bridge.calls.chats = async ({ ids }) => {
  const rows = [];
  for (const id of ids) {
    const chat = bridge.findChat(id);
    const row = chat && bridge.slimChat(id, chat);
    row?.push(bridge.isGroup(id) ? await withParticipants(chat) : null);
    rows.push(row);
  }
  return rows;
};
