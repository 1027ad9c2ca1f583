/** What is asked for: numbers, chats, messages, contacts. Few fields, one page at a time. */
{
  /** At most `limit` at once, whoever asks. */
  const limited = (limit) => {
    let running = 0;
    const waiting = [];
    return async (work) => {
      if (running >= limit) await new Promise((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        return await work();
      } finally {
        // The place goes to whoever waits, without being free in between.
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    };
  };

  /** Every question costs WhatsApp a query; an account that asks for hundreds at once looks like a harvester. */
  const asking = limited(5);

  /** What WhatsApp knows of a person's JID, or null when nobody has it. */
  bridge.queryExists = (jid) => {
    const { queryWidExists } = window.require('WAWebQueryExistsJob');
    const wid = bridge.wid(jid);
    return wid ? asking(() => queryWidExists(wid)) : null;
  };

  /** The phone's JID where it is known: also when it was asked for by phone and WhatsApp answers with a LID. */
  const canonicalOf = (asked, found) => {
    const [jid] = bridge.person(found?.wid ?? asked);
    return jid.endsWith('@lid') && asked.endsWith('@c.us') ? asked : jid;
  };

  bridge.calls.checkNumbers = ({ jids }) => {
    window.require('WAWebQueryExistsJob');
    const check = async (jid) => {
      try {
        const found = await bridge.queryExists(jid);
        return found ? [jid, 1, canonicalOf(jid, found)] : [jid, 0, null];
      } catch {
        return [jid, null, null];
      }
    };
    return Promise.all(jids.map(check));
  };

  /** Every chat once, newest first: a person with two chats (phone and LID) is one. */
  const chatsInOrder = () => {
    const rows = new Map();
    for (const chat of window.require('WAWebCollections').Chat.getModelsArray()) {
      const jid = bridge.jid(chat.id);
      if (!bridge.isChat(jid)) continue;
      const [id] = bridge.person(jid);
      const row = { id, t: chat.t ?? 0, chat };
      if (!(rows.get(id)?.t >= row.t)) rows.set(id, row);
    }
    return [...rows.values()].sort(byTime);
  };
  const byTime = (a, b) => b.t - a.t || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

  const nameOf = (chat) => chat.formattedTitle ?? chat.name ?? '';

  const matches = ({ id, chat }, { search, searchDigits, type, unread, archived }) => {
    if (type !== null && (type === 'group') !== bridge.isGroup(id)) return false;
    if (unread !== null && unread !== ((chat.unreadCount ?? 0) !== 0)) return false;
    if (archived !== null && archived !== Boolean(chat.archive)) return false;
    if (search === null) return true;
    // NFKC: 𝗕𝘂𝗱𝗶 and Budi are one name.
    if (nameOf(chat).normalize('NFKC').toLowerCase().includes(search)) return true;
    return searchDigits !== null && id.endsWith('@c.us') && id.includes(searchDigits);
  };

  /** The order of the listings that somebody is in the midst of. The least recently used one is forgotten first. */
  const MAX_LISTINGS = 20;
  const listings = new Map();
  /** Names of an earlier life of the page mean nothing in this one. */
  const pageLife = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  let listingsMade = 0;

  const keepListing = (name, ids) => {
    listings.delete(name);
    listings.set(name, ids);
    if (listings.size > MAX_LISTINGS) listings.delete(listings.keys().next().value);
  };

  /** The listing and the place in it: a forgotten one is made anew, and goes on after the last chat that was given. */
  const listingAt = (filter, after) => {
    const known = after && listings.get(after.listing);
    if (known) return { name: after.listing, ids: known, offset: after.offset };
    const rows = chatsInOrder().filter((row) => matches(row, filter));
    const last = after && { id: after.lastId, t: after.lastT };
    const place = last ? rows.findIndex((row) => byTime(row, last) > 0) : 0;
    return { name: `${pageLife}:${++listingsMade}`, ids: rows.map((row) => row.id), offset: place < 0 ? rows.length : place };
  };

  /** A group's participants stay in the page: a list of large groups would be megabytes of them. */
  const listedChat = (id, chat) => {
    const { groupMetadata } = chat;
    const group = bridge.isGroup(id);
    if (!group) return [...bridge.slimChat(id, chat), null];
    return [...bridge.slimChat(id, chat), '', groupMetadata?.participants?.length || groupMetadata?.size || 0];
  };

  bridge.calls.findChats = ({ filter, after, limit }) => {
    const { name, ids, offset } = listingAt(filter, after);
    const chats = [];
    let place = offset;
    let last = null;
    while (place < ids.length && chats.length < limit) {
      const id = ids[place++];
      const chat = bridge.findChat(id);
      if (!chat) continue;
      chats.push(listedChat(id, chat));
      last = { lastId: id, lastT: chat.t ?? 0 };
    }
    if (place >= ids.length || !last) return { chats, next: null };
    keepListing(name, ids);
    return { chats, next: { listing: name, offset: place, ...last } };
  };

  bridge.calls.oneChat = ({ chatId }) => {
    const chat = bridge.findChat(chatId);
    return chat ? listedChat(bridge.person(bridge.jid(chat.id))[0], chat) : null;
  };

  /**
   * The messages before `before`, oldest first, as far as they are loaded; null while it cannot be told which ones those are.
   * Without the message itself (somebody deleted it), its time has to do.
   */
  const messagesBefore = (loaded, before, isAll) => {
    if (!before) return loaded;
    const place = loaded.findIndex((msg) => msg.id._serialized === before.id);
    if (place >= 0) return loaded.slice(0, place);
    const reached = loaded.length > 0 && loaded[0].t < before.t;
    return reached || isAll ? loaded.filter((msg) => msg.t <= before.t) : null;
  };

  bridge.calls.chatMessages = async ({ chatId, before, limit, skip }) => {
    const chat = bridge.findChat(chatId);
    if (!chat) throw bridge.fail('chat_not_found', 'This account has no such chat.');
    const { loadEarlierMsgs } = window.require('WAWebChatLoadMessages');
    const skipped = new Set(skip);
    let isAll = false;
    for (;;) {
      const found = messagesBefore(chat.msgs.getModelsArray(), before, isAll)?.filter((msg) => !skipped.has(msg.type)) ?? [];
      // One more than is asked for tells that there is more.
      if (found.length <= limit && !isAll) {
        isAll = !(await loadEarlierMsgs({ chat }))?.length;
        continue;
      }
      const page = found.slice(-limit).reverse();
      const oldest = page[page.length - 1];
      return {
        messages: page.map((msg) => bridge.slimMessage(window.WWebJS.getMessageModel(msg))),
        next: found.length > limit ? { id: oldest.id._serialized, t: oldest.t } : null,
      };
    }
  };

  /** A contact that the page knows under either of its ids. */
  const knownContact = (jid) => {
    const { Contact } = window.require('WAWebCollections');
    const ids = [jid, bridge.lidJid(jid), bridge.phoneJid(jid)].filter(Boolean);
    for (const id of ids) {
      const contact = Contact.get(bridge.wid(id)) ?? Contact.get(id);
      if (contact) return id;
    }
    return null;
  };

  bridge.calls.contact = async ({ jid }) => {
    let id = knownContact(jid);
    if (!id) {
      const found = await bridge.queryExists(jid);
      if (!found) throw bridge.fail('number_not_on_whatsapp', 'This number is not on WhatsApp.');
      id = bridge.jid(found.wid) ?? jid;
    }
    const model = await window.WWebJS.getContact(id);
    const [own] = bridge.person(id);
    const phone = canonicalOf(jid, { wid: own });
    return {
      person: [phone, bridge.lidJid(phone) ?? (id.endsWith('@lid') ? id : null)],
      name: model.name ?? null,
      pushname: model.pushname ?? null,
      verifiedName: model.verifiedName ?? null,
      business: Boolean(model.isBusiness || model.isEnterprise),
      mine: Boolean(model.isMyContact),
      blocked: Boolean(model.isBlocked),
      me: Boolean(model.isMe),
    };
  };

  bridge.calls.profilePicture = async ({ jid }) => {
    const { requestProfilePicFromServer } = window.require('WAWebContactProfilePicThumbBridge');
    try {
      // It takes a chat, and of that only the id where the account has no chat with this person.
      const picture = await requestProfilePicFromServer(bridge.findChat(jid) ?? { id: bridge.wid(jid) });
      return picture?.eurl ?? null;
    } catch (error) {
      // Not shown to this account, or there is none.
      if (error?.name === 'ServerStatusCodeError') return null;
      throw error;
    }
  };
}
