/* global Sim */
{
  const USUAL = {
    archive: false, isReadOnly: false, isAutoMuted: false, isLocked: false, notSpam: true, unreadMentionCount: 0, unreadMentionsOfMe: [], unreadDividerOffset: 0,
    ephemeralDuration: 0, ephemeralSettingTimestamp: 0, disappearingModeInitiator: 'chat', disappearingModeTrigger: 'chat_settings', createdLocally: false,
    endOfHistoryTransferType: 0, endOfHistoryTransferTypeValue: 0, pendingInitialLoading: false, celebrationAnimationLastPlayed: 0, hasRequestedWelcomeMsg: false,
    isBotLoggedOut: false, isOpened: false, isCreatedByMe: false, labels: [], lastMsgChangeId: null, trusted: true, msgUnsyncedButtonReplyMsgs: [],
    unsyncedButtonReplies: [], tcTokenTimestamp: 1_750_000_000, tcTokenSenderTimestamp: 1_750_000_000, limitSharing: { enabled: false, trigger: 0, timestamp: 0 },
    tcToken: { 0: 4, 1: 1, 2: 33, 3: 118, 4: 9, 5: 211, 6: 64, 7: 87, 8: 142, 9: 17, 10: 250, 11: 3 },
  };

  class Mute extends Sim.Model {
    constructor(chat, expiration) {
      super();
      this.expiration = expiration;
      this.isMuted = expiration !== 0;
      this.mute = async ({ expiration: until }) => chat.setMute(until);
      this.unmute = async () => chat.setMute(0);
    }
  }

  class Participant extends Sim.Model {
    constructor({ id, admin }) {
      super();
      this.id = Sim.createWid(id);
      this.isAdmin = Boolean(admin);
      this.isSuperAdmin = false;
    }
    serialize() {
      return { id: this.id, isAdmin: this.isAdmin, isSuperAdmin: this.isSuperAdmin };
    }
    toJSON() {
      return this.serialize();
    }
  }

  class GroupMetadata extends Sim.Model {
    #raw;
    #participants = null;

    constructor(id, wire) {
      super();
      this.id = id;
      this.isLidAddressingMode = Sim.account.lid_mode;
      this.update(wire);
    }

    update(wire) {
      this.#raw = wire.participants;
      this.#participants = null;
      this.subject = wire.subject;
      this.desc = wire.description;
      this.owner = Sim.createWid(wire.owner);
      this.creation = wire.creation;
      this.size = wire.participants.length;
      this.announce = Boolean(wire.announce);
      this.restrict = Boolean(wire.restrict);
    }

    /** Made when somebody looks: an account has thousands of groups, and most are never opened. */
    get participants() {
      if (!this.#participants) {
        this.#participants = new Sim.Collection();
        for (const participant of this.#raw) this.#participants.add(new Participant(participant), { silent: true });
      }
      return this.#participants;
    }

    serialize() {
      return {
        id: this.id, creation: this.creation, owner: this.owner, subject: this.subject, subjectTime: this.creation, desc: this.desc, descTime: this.creation,
        restrict: this.restrict, announce: this.announce, noFrequentlyForwarded: false, ephemeralDuration: 0, membershipApprovalMode: false, memberAddMode: 'all_member_add',
        reportToAdminMode: false, size: this.size, support: false, suspended: false, terminated: false, uniqueShortNameMap: {}, isLidAddressingMode: this.isLidAddressingMode,
        isParentGroup: false, isParentGroupClosed: false, defaultSubgroup: false, generalSubgroup: false, groupSafetyCheck: false, groupType: 'DEFAULT', participants: this.participants.serialize(),
        pendingParticipants: [], pastParticipants: [], membershipApprovalRequests: [], subgroupSuggestions: [],
      };
    }
    toJSON() {
      return this.serialize();
    }
  }

  class ChatModel extends Sim.Model {
    #msgs = new Sim.Collection();
    #mute;
    #group = undefined;

    constructor(wire) {
      super();
      this.id = Sim.createWid(wire.jid);
      this.apply(wire);
    }

    /** What the hub knows of the chat, without its messages. */
    apply(wire) {
      this.t = wire.t;
      this.unreadCount = wire.unread;
      this.archive = wire.archived;
      this.pin = wire.pinned;
      this.name = wire.name;
      this.#mute = new Mute(this, wire.mute);
      if (!wire.group) return;
      if (this.#group) this.#group.update(wire.group);
      else this.#group = new GroupMetadata(this.id, wire.group);
    }

    parents() {
      return [Sim.Chat];
    }

    get msgs() {
      return this.#msgs;
    }
    get mute() {
      return this.#mute;
    }
    get muteExpiration() {
      return this.#mute.expiration;
    }
    get groupMetadata() {
      return this.#group;
    }
    get formattedTitle() {
      return this.name;
    }
    get isGroup() {
      return this.id.isGroup();
    }
    get isUser() {
      return this.id.isUser();
    }
    get contact() {
      return Sim.contact(this.id);
    }
    get canSend() {
      return true;
    }

    async setMute(expiration) {
      await Sim.lag();
      this.#mute.set({ expiration, isMuted: expiration !== 0 });
      this.emit('change:mute', this);
      Sim.keepFlags(this, { mute: expiration });
    }

    /** Everything that the chat holds, its loaded messages too, as the real one does. */
    serialize() {
      return {
        ...USUAL, id: this.id, t: this.t, unreadCount: this.unreadCount, archive: this.archive, pin: this.pin, name: this.name, formattedTitle: this.name,
        muteExpiration: this.muteExpiration, lastReceivedKey: this.lastReceivedKey, isGroup: this.isGroup, kind: this.isGroup ? 'group' : 'chat',
        msgs: this.#msgs.serialize(), ...(this.#group ? { groupMetadata: this.#group.serialize() } : {}),
      };
    }
    toJSON() {
      return this.serialize();
    }
  }

  Sim.ChatModel = ChatModel;
}
