/**
 * The page bridge runs inside WhatsApp Web before its own scripts (whatsapp-web.js's `evalOnNewDoc`).
 * Its parts share one object, `window.__waBridge`; node calls `__waBridge.calls.<name>(args)`.
 */
const bridge = { calls: {} };
window.__waBridge = bridge;

const BEYOND_ASCII = /[^ -~]/g;
const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
/** One emoji makes a text of two bytes a character, which costs every process on its way a third more. */
const ascii = (json) => json.replace(BEYOND_ASCII, escaped);
/** Rows one by one: what has to be rewritten is short, and no second copy of the whole is made. */
const rowsOf = (values) => {
  let text = '';
  for (const value of values) text += (text === '' ? '' : ',') + ascii(JSON.stringify(value ?? null));
  return `[${text}]`;
};

/** The one way in: JSON in ASCII out, and an error as data, so that its code survives the way to node. */
bridge.call = async (name, args) => {
  try {
    const value = await bridge.calls[name](args);
    return `{"ok":${Array.isArray(value) ? rowsOf(value) : ascii(JSON.stringify(value ?? null))}}`;
  } catch (error) {
    return ascii(JSON.stringify({ error: { code: error?.code ?? 'page', message: String(error?.message ?? error) } }));
  }
};

/** WhatsApp Web's own module loader; a module that is gone is null, so that one rename switches off one thing. */
bridge.module = (name) => {
  try {
    return window.require(name) ?? null;
  } catch {
    return null;
  }
};

/** An error that node understands: `code` is a ProviderError's. */
bridge.fail = (code, message) => Object.assign(new Error(message), { code });

/** Ids come as objects from models and as strings from JSON. */
bridge.jid = (id) => (typeof id === 'string' ? id : (id?._serialized ?? null));

const wid = (jid) => {
  try {
    return bridge.module('WAWebWidFactory')?.createWid(jid) ?? null;
  } catch {
    return null;
  }
};
bridge.wid = wid;

/** Mappings are asked for once: a group of a thousand would ask a thousand times a message. */
const MAX_KNOWN = 50_000;
const phoneOfLid = new Map();
const lidOfPhone = new Map();

const remember = (lid, phone) => {
  if (phoneOfLid.size > MAX_KNOWN) phoneOfLid.clear();
  if (lidOfPhone.size > MAX_KNOWN) lidOfPhone.clear();
  phoneOfLid.set(lid, phone);
  lidOfPhone.set(phone, lid);
};

/** `…@lid` → `…@c.us`, or null where WhatsApp does not say. */
bridge.phoneJid = (jid) => {
  if (!jid?.endsWith('@lid')) return jid;
  const known = phoneOfLid.get(jid);
  if (known) return known;
  let phone = null;
  try {
    phone = bridge.jid(bridge.module('WAWebLidMigrationUtils')?.toPn(wid(jid)));
  } catch {
    // Not known yet: asked again next time.
  }
  if (phone) remember(jid, phone);
  return phone;
};

/** `…@c.us` → `…@lid`, or null. */
bridge.lidJid = (jid) => {
  if (!jid?.endsWith('@c.us')) return null;
  const known = lidOfPhone.get(jid);
  if (known) return known;
  let lid = null;
  try {
    lid = bridge.jid(bridge.module('WAWebApiContact')?.getCurrentLid?.(wid(jid)));
  } catch {
    // Not known yet: asked again next time.
  }
  if (lid?.endsWith('@lid')) remember(lid, jid);
  return lid?.endsWith('@lid') ? lid : null;
};

/** One person, one id: the phone's where it is known. `[jid, lid]`. */
bridge.person = (id) => {
  const jid = bridge.jid(id);
  if (!jid) return null;
  if (jid.endsWith('@lid')) return [bridge.phoneJid(jid) ?? jid, jid];
  return [jid, lidOfPhone.get(jid) ?? null];
};

/** A chat by its id, under whichever of its person's two ids the page keeps it. */
bridge.findChat = (chatId) => {
  const { Chat } = window.require('WAWebCollections');
  const own = Chat.get(chatId) ?? Chat.get(wid(chatId));
  if (own) return own;
  const lid = bridge.lidJid(chatId);
  return lid ? (Chat.get(lid) ?? Chat.get(wid(lid)) ?? null) : null;
};

bridge.isGroup = (jid) => Boolean(jid?.endsWith('@g.us'));

/** Private chats and groups; not channels, status posts or broadcast lists. */
bridge.isChat = (jid) => /@(c\.us|lid|g\.us)$/.test(jid ?? '');

const PHONE = '@c.us';
const shortOf = (jid) => (jid.endsWith(PHONE) ? jid.slice(0, -PHONE.length) : jid);
/**
 * A group's people as one text, an admin with a star, a phone's JID without its end: `628…* 628… 123…@lid`.
 * As rows, or in full, they would be most of what leaves the page.
 */
bridge.participants = (chat) => {
  let text = '';
  for (const p of chat?.groupMetadata?.participants?.getModelsArray?.() ?? []) {
    const own = bridge.jid(p.id);
    if (text !== '') text += ' ';
    text += own.endsWith(PHONE) ? own.slice(0, -PHONE.length) : shortOf(bridge.person(own)[0]);
    if (p.isAdmin || p.isSuperAdmin) text += '*';
  }
  return text;
};

bridge.calls.health = () => {
  const socket = window.require('WAWebSocketModel').Socket;
  return { socketState: String(socket.state), hasSynced: Boolean(socket.hasSynced), backlog: bridge.backlog(), ready: Boolean(window.WWebJS) };
};

/** The library listens for the change only; a sync that was over before it listened is announced here. */
bridge.calls.announceSynced = () => {
  if (!window.require('WAWebSocketModel').Socket.hasSynced || !window.onAppStateHasSyncedEvent) return false;
  window.onAppStateHasSyncedEvent();
  return true;
};

bridge.calls.me = () => {
  const me = window.require('WAWebUserPrefsMeUser');
  return {
    phone: bridge.jid(me.getMaybeMePnUser?.()),
    lid: bridge.jid(me.getMaybeMeLidUser?.()),
    pushname: bridge.module('WAWebConnModel')?.Conn?.pushname ?? null,
  };
};

/** Unlinks this device: the phone's list of linked devices no longer shows it. */
bridge.calls.logout = async () => (await window.require('WAWebSocketModel').Socket.logout(), true);
