/**
 * Events are numbered, kept here until node says that they are committed, and handed over in batches of JSON.
 * The library skips a callback that exists already, so these take the place of its one-call-per-event ones.
 */
const FLUSH_MS = 5;
/**
 * When more came while node took the last ones in, it has enough to do, and takes many as easily as one: the next ones are gathered for
 * twice as long as the last hand-over took, within these bounds.
 */
const GATHER_MS = [5, 50];
const BATCH = 400;
const RETRY_MS = 500;

const epoch = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
const outbox = [];
let lastNumber = 0;
let flushing = false;
let timer = null;
/** Until the catch-up has run, live events wait, so that an older missed message goes first. */
let held = [];

bridge.backlog = () => outbox.length + (held?.length ?? 0);

/** Unix seconds of the oldest message that waits behind the first `count` events. */
const oldestAfter = (count) => {
  let oldest = null;
  for (let at = count; at < outbox.length; at++) {
    const { kind, t } = outbox[at].event;
    if (kind === 'message' && (oldest === null || t < oldest)) oldest = t;
  }
  return oldest;
};

const flush = async () => {
  timer = null;
  if (flushing || outbox.length === 0) return;
  flushing = true;
  let failed = false;
  const from = performance.now();
  try {
    const batch = outbox.slice(0, BATCH);
    const groups = {};
    for (const { event } of batch) {
      if (event.group && !groups[event.group]) groups[event.group] = groupOf(event.group);
    }
    const body = { epoch, first: batch[0].number, events: batch.map((e) => e.event), groups, oldestWaiting: oldestAfter(batch.length) };
    const confirmed = await window.__waBridgeDeliver(JSON.stringify(body));
    while (outbox.length > 0 && outbox[0].number <= confirmed) outbox.shift();
    if (confirmed < batch[batch.length - 1].number) failed = true;
  } catch {
    failed = true;
  }
  flushing = false;
  const gather = outbox.length >= BATCH ? 0 : Math.min(GATHER_MS[1], Math.max(GATHER_MS[0], 2 * (performance.now() - from)));
  if (outbox.length > 0) schedule(failed ? RETRY_MS : gather);
};

const schedule = (ms) => {
  timer ??= setTimeout(flush, ms);
};

const enqueue = (event) => {
  outbox.push({ number: ++lastNumber, event });
  schedule(outbox.length >= BATCH ? 0 : FLUSH_MS);
};

const push = (event) => {
  if (!event) return;
  if (held) held.push(event);
  else enqueue(event);
};

/** Lets go of what was held; `missed` goes first, and what is in both goes once. */
bridge.release = (missed) => {
  const waiting = held ?? [];
  held = null;
  const seen = new Set(missed.map((event) => event.id));
  for (const event of missed) enqueue(event);
  for (const event of waiting) {
    if (event.kind === 'message' && seen.has(event.id)) continue;
    enqueue(event);
  }
};
bridge.calls.release = () => (bridge.release([]), true);
/** Node asks again when it suspects that a hand-over was lost. */
bridge.calls.pull = () => (schedule(0), outbox.length);

/** A group's name and participants, once a batch instead of once a message. */
const groupOf = (jid) => {
  const chat = bridge.findChat(jid);
  return { name: chat?.formattedTitle ?? chat?.name ?? null, participants: bridge.participants(chat) };
};

const MEDIA = new Set(['image', 'video', 'audio', 'ptt', 'document', 'sticker', 'gif', 'ptv']);

/** A quoted message comes with the short id only; its serialised one says whose it was, and in which chat. */
const quotedId = (msg) => {
  if (!msg.quotedStanzaID) return null;
  const chat = bridge.jid(msg.quotedRemoteJid) ?? bridge.jid(msg.id.remote);
  const author = bridge.jid(msg.quotedParticipant);
  const me = window.require('WAWebUserPrefsMeUser');
  const mine = [me.getMaybeMePnUser?.(), me.getMaybeMeLidUser?.()].some((id) => id && bridge.jid(id) === author);
  return `${mine}_${chat}_${msg.quotedStanzaID}${bridge.isGroup(chat) ? `_${author}` : ''}`;
};

const quotedOf = (msg) =>
  msg.quotedStanzaID || msg.quotedMsg
    ? {
        id: quotedId(msg),
        author: bridge.person(msg.quotedParticipant)?.[0] ?? null,
        type: msg.quotedMsg?.type ?? null,
        body: msg.quotedMsg?.caption ?? (MEDIA.has(msg.quotedMsg?.type) ? null : (msg.quotedMsg?.body ?? null)),
      }
    : undefined;

const mediaOf = (msg) =>
  MEDIA.has(msg.type) || msg.directPath
    ? {
        mimetype: msg.mimetype ?? null,
        size: msg.size ?? null,
        filename: msg.filename ?? null,
        caption: msg.caption ?? null,
        duration: msg.duration == null ? null : Number(msg.duration),
        width: msg.width ?? null,
        height: msg.height ?? null,
        sha256: msg.filehash ?? null,
      }
    : undefined;

const contactsOf = (msg) => {
  if (msg.type === 'vcard') return [{ name: msg.vcardFormattedName ?? null, vcard: msg.body ?? '' }];
  if (msg.type === 'multi_vcard') return (msg.vcardList ?? []).map((c) => ({ name: c.displayName ?? null, vcard: c.vcard ?? '' }));
  return undefined;
};

/** The few fields of a message that leave the page. `msg` is the library's message model (plain data). */
bridge.slimMessage = (msg) => {
  const remote = bridge.jid(msg.id.remote);
  if (msg.type === 'gp2') return slimGroupChange(msg, remote);
  const chat = bridge.person(remote);
  const group = bridge.isGroup(remote);
  const media = mediaOf(msg);
  return {
    kind: 'message',
    id: msg.id._serialized,
    key: msg.id.id,
    fromMe: Boolean(msg.id.fromMe),
    chat,
    group: group ? remote : undefined,
    author: bridge.person(msg.author ?? msg.id.participant),
    to: bridge.person(msg.to)?.[0] ?? null,
    name: msg.notifyName ?? null,
    type: String(msg.type),
    status: Boolean(msg.isStatusV3),
    body: msg.type === 'location' || msg.type === 'vcard' || msg.type === 'multi_vcard' ? null : media ? (msg.caption ?? null) : (msg.pollName ?? msg.body ?? null),
    t: msg.t,
    ack: msg.ack ?? null,
    quoted: quotedOf(msg),
    media,
    mentions: (msg.mentionedJidList ?? []).map((id) => bridge.person(id)?.[0]).filter(Boolean),
    location: msg.type === 'location' ? { latitude: Number(msg.lat), longitude: Number(msg.lng), description: msg.loc ?? null, url: msg.clientUrl ?? null } : undefined,
    contacts: contactsOf(msg),
    forwarded: Boolean(msg.isForwarded),
  };
};

const slimGroupChange = (msg, remote) => ({
  kind: 'group',
  id: msg.id._serialized,
  chat: [remote, null],
  action: String(msg.subtype),
  author: bridge.person(msg.author),
  recipients: (msg.recipients ?? []).map((id) => bridge.person(id)).filter(Boolean),
  body: msg.body ?? null,
  t: msg.t,
});

const about = (msg) => ({ id: msg.id._serialized, key: msg.id.id, fromMe: Boolean(msg.id.fromMe), chat: bridge.person(bridge.jid(msg.id.remote)) });

window.onAddMessageEvent = (msg) => push(bridge.slimMessage(msg));
window.onMessageAckEvent = (msg, ack) => push({ kind: 'ack', ...about(msg), ack });
const slimEdit = (msg, body, previous) => ({ kind: 'edit', ...about(msg), body: body ?? null, previous: previous ?? null, edited: msg.latestEditSenderTimestampMs ?? null, t: msg.t });
window.onEditMessageEvent = (msg, body, previous) => {
  if (msg.type !== 'revoked') push(slimEdit(msg, body, previous));
};
window.onChangeMessageTypeEvent = (msg) => {
  if (msg.type === 'revoked') push({ kind: 'revoke', ...about(msg) });
};

/** Everything that a message tells of itself when it is met in the store: that it is there, and what became of it since. */
bridge.happeningsOf = (msg) => {
  const message = bridge.slimMessage(msg);
  if (message.kind !== 'message') return [message];
  const later = [];
  if (msg.type === 'revoked') later.push({ kind: 'revoke', ...about(msg) });
  else if (msg.latestEditSenderTimestampMs) later.push(slimEdit(msg, message.body, null));
  if (message.fromMe && message.ack > 0) later.push({ kind: 'ack', ...about(msg), ack: message.ack });
  return [message, ...later];
};
window.onReaction = (reactions) => {
  for (const r of reactions) {
    const parent = r.parentMsgKey ?? r.reactionParentKey;
    push({
      kind: 'reaction',
      id: parent?._serialized ?? bridge.jid(parent),
      chat: bridge.person(bridge.jid(parent?.remote)),
      sender: bridge.person(r.senderUserJid),
      reaction: r.reactionText ? r.reactionText : null,
      t: r.timestamp,
    });
  }
};
window.onIncomingCall = (call) => push({ kind: 'call', id: String(call.id), chat: bridge.person(call.peerJid), video: Boolean(call.isVideo), group: undefined, isGroup: Boolean(call.isGroup), outgoing: Boolean(call.outgoing) });
window.onCiphertextFailedEvent = (msg) => push({ ...bridge.slimMessage(msg), body: null });

// Known and not forwarded: what they say is in another event, or of no use to a backend.
for (const name of [
  'onChangeMessageEvent',
  'onRemoveMessageEvent',
  'onChatUnreadCountEvent',
  'onMessageMediaUploadedEvent',
  'onBatteryStateChangedEvent',
  'onRemoveChatEvent',
  'onArchiveChatEvent',
  'onAddMessageCiphertextEvent',
  'onPollVoteEvent',
]) {
  window[name] = () => {};
}
