/* global Sim */
{
  class ContactModel extends Sim.Model {
    constructor(id, known = {}) {
      super();
      const phone = Sim.toPn(id);
      this.id = id;
      this.name = known.name;
      this.shortName = known.name?.split(' ')[0];
      this.pushname = known.pushname ?? known.name;
      this.type = 'in';
      this.isAddressBookContact = known.saved ? 1 : 0;
      if (id.isLid() && phone) this.phoneNumber = phone;
    }

    get formattedName() {
      return this.name ?? this.pushname ?? `+${this.phoneNumber?.user ?? this.id.user}`;
    }
    get isMe() {
      return this.id.equals(Sim.account?.wid) || this.id.equals(Sim.account?.lid);
    }
    get isGroup() {
      return this.id.isGroup();
    }
    get isBusiness() {
      return false;
    }
    get isEnterprise() {
      return false;
    }
    get isContactBlocked() {
      return false;
    }

    serialize() {
      return { ...Object.fromEntries(Object.entries(this)), formattedName: this.formattedName, isBusiness: false };
    }
    toJSON() {
      return this.serialize();
    }
  }

  const contacts = new Sim.Collection();
  contacts.modelClass = ContactModel;

  /** Anybody's contact; made when it is asked for. */
  Sim.contact = (value) => {
    const id = Sim.createWid(value);
    const known = contacts.get(id);
    if (known) return known;
    const chat = Sim.Chat.get(id) ?? (Sim.account?.lid_mode ? Sim.Chat.get(Sim.toLid(id)) : undefined);
    const name = id.equals(Sim.account?.wid) || id.equals(Sim.account?.lid) ? Sim.account.pushname : undefined;
    return contacts.add(new ContactModel(id, { name: chat?.saved ? chat.name : undefined, saved: chat?.saved, pushname: name ?? Sim.pushnames.get(id._serialized) }), { silent: true });
  };

  /** Names that senders have told us. */
  Sim.pushnames = new Map();
  Sim.learnPushname = (id, name) => {
    if (!name) return;
    Sim.pushnames.set(id._serialized, name);
    contacts.get(id)?.set({ pushname: name });
  };

  contacts.find = async (id) => {
    await Sim.lag();
    return Sim.contact(id);
  };
  contacts.gadd = (id) => Sim.contact(id);
  Sim.Contact = contacts;
  Sim.ContactModel = ContactModel;
}
