/* global Sim */
{
  /** A WhatsApp id. Objects reach node with their fields, JSON carries the string: `toJSON`. */
  class Wid {
    constructor(user, server) {
      this.server = server;
      this.user = user;
      this._serialized = `${user}@${server}`;
    }

    isUser() {
      return this.server === 'c.us' || this.server === 'lid';
    }
    isRegularUser() {
      return this.isUser();
    }
    isLid() {
      return this.server === 'lid';
    }
    isGroup() {
      return this.server === 'g.us';
    }
    isBroadcast() {
      return this.server === 'broadcast';
    }
    isStatus() {
      return this._serialized === 'status@broadcast';
    }
    isNewsletter() {
      return this.server === 'newsletter';
    }
    isServer() {
      return this.server === 'c.us' && this.user === 'server';
    }
    isPSA() {
      return this._serialized === '0@c.us';
    }
    isBot() {
      return this.server === 'bot';
    }
    equals(other) {
      return other?._serialized === this._serialized;
    }
    isSameAccountAndAddressingMode(other) {
      return this.equals(other);
    }
    toString() {
      return this._serialized;
    }
    toJSON() {
      return this._serialized;
    }
    toJid() {
      return this.server === 'c.us' ? `${this.user}@s.whatsapp.net` : this._serialized;
    }
  }

  const known = new Map();
  const MAX_KNOWN = 200_000;

  const createWid = (value) => {
    if (value instanceof Wid) return value;
    const text = String(value?._serialized ?? value).replace('@s.whatsapp.net', '@c.us');
    let wid = known.get(text);
    if (wid) return wid;
    const [user, server] = text.split('@');
    if (!user || !server) throw new Error(`wid error: invalid wid "${text}"`);
    wid = new Wid(user.split(':')[0], server);
    if (known.size > MAX_KNOWN) known.clear();
    known.set(text, wid);
    return wid;
  };

  const toPn = (value) => {
    const wid = createWid(value);
    if (wid.server === 'c.us') return wid;
    if (wid.server !== 'lid') return null;
    const phone = Sim.phoneOfLid(wid.user);
    return phone === null ? null : createWid(`${phone}@c.us`);
  };

  const toLid = (value) => {
    const wid = createWid(value);
    if (wid.server === 'lid') return wid;
    return wid.server === 'c.us' ? createWid(`${Sim.lidOfPhone(wid.user)}@lid`) : null;
  };

  Object.assign(Sim, { Wid, createWid, toPn, toLid });
}
