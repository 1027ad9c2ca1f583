/* global Sim */
{
  /* What a message of the real page also carries; it makes serialised messages as large as they are there. */
  const USUAL = {
    viewed: false, subtype: null, notifyName: '', invis: false, star: false, kicNotified: false, recvFresh: true, isFromTemplate: false,
    pollInvalidated: false, isSentCagPollCreation: false, latestEditMsgKey: null, latestEditSenderTimestampMs: null, mentionedJidList: [], groupMentions: [],
    isEventCanceled: false, eventInvalidated: false, isVcardOverMmsDocument: false, isForwarded: false, isQuestion: false, questionReplyQuotedMessage: null,
    questionResponsesCount: 0, readQuestionResponsesCount: 0, labels: [], hasReaction: false, viewMode: 'VISIBLE', productHeaderImageRejected: false,
    lastPlaybackProgress: 0, isDynamicReplyButtonsMsg: false, isCarouselCard: false, parentMsgId: null, callSilenceReason: null, isVideoCall: false,
    callDuration: null, callCreator: null, callParticipants: null, isCallLink: null, callLinkToken: null, isMdHistoryMsg: false, stickerSentTs: 0, isAvatar: false,
    lastUpdateFromServerTs: 0, invokedBotWid: null, bizBotType: null, botResponseTargetId: null, botPluginType: null, botMsgBodyType: null, reportingTokenInfo: null, requiresDirectConnection: null, bizContentPlaceholderType: null,
    hostedBizEncStateMismatch: false, senderOrRecipientAccountTypeHosted: false, placeholderCreatedWhenAccountIsHosted: false, galaxyFlowDisabled: false,
  };
  const NOT_SERIALIZED = new Set(['mediaBlob', 'local']);
  const WIDS = ['quotedParticipant', 'quotedRemoteJid'];
  const WID_LISTS = ['mentionedJidList', 'recipients'];

  class MessageModel extends Sim.Model {
    #media = undefined;
    #mediaObject = undefined;

    constructor(attributes) {
      super();
      // Not enumerable: a message is serialised without its chat.
      Object.defineProperty(this, 'chat', { value: undefined, writable: true, enumerable: false });
      Object.assign(this, attributes);
    }

    parents() {
      return this.chat ? [Sim.Msg, this.chat.msgs] : [];
    }

    get isMedia() {
      return Boolean(this.directPath || this.mediaBlob);
    }
    get mediaData() {
      if (!this.directPath) return undefined;
      this.#media ??= new Sim.Model().set({ mediaStage: 'INIT', type: this.type, mimetype: this.mimetype, size: this.size, filehash: this.filehash });
      return this.#media;
    }
    get mediaObject() {
      if (!this.isMedia) return undefined;
      this.#mediaObject ??= Sim.mediaObject(this.filehash, this.type);
      return this.#mediaObject;
    }
    get isEphemeral() {
      return false;
    }
    get isStatusV3() {
      return this.id.remote.isStatus();
    }
    get isNotification() {
      return this.type === 'gp2' || this.type === 'notification_template' || this.type === 'e2e_notification';
    }
    get senderObj() {
      return Sim.contact(this.author ?? this.from);
    }

    downloadMedia() {
      return Sim.resolveMedia(this);
    }

    updateAck(ack) {
      this.set('ack', ack);
    }

    unsafe() {
      return this;
    }
    safe() {
      return this;
    }
    canReply() {
      return this.type !== 'revoked' && !this.isNotification;
    }

    msgContextInfo() {
      return {
        quotedMsg: { type: this.type, body: this.isMedia ? this.caption : this.body }, quotedStanzaID: this.id.id,
        quotedParticipant: this.author ?? this.from, quotedRemoteJid: undefined,
      };
    }

    avParams() {
      return {};
    }

    serialize() {
      const serialized = { ...USUAL };
      for (const [name, value] of Object.entries(this)) if (!NOT_SERIALIZED.has(name)) serialized[name] = value;
      return serialized;
    }

    toJSON() {
      return this.serialize();
    }
  }

  /** A message as the hub tells it → the attributes of its model. */
  const attributesOf = (wire) => {
    const chat = Sim.createWid(wire.chat);
    const author = wire.participant ? Sim.createWid(wire.participant) : undefined;
    const id = new Sim.MsgKey({ fromMe: wire.from_me, remote: chat, id: wire.id, participant: author });
    const me = Sim.meIn(chat);
    const media = Boolean(wire.data.directPath);
    const attributes = {
      id, rowId: 999_000_000, body: media ? '' : wire.body, type: wire.type, t: wire.t, from: wire.from_me ? me : chat, to: wire.from_me ? chat : me,
      self: wire.from_me ? 'out' : 'in', ack: wire.ack, isNewMsg: false, ...wire.data,
    };
    if (author) attributes.author = author;
    if (media && wire.body) attributes.caption = wire.body;
    for (const name of WIDS) if (attributes[name]) attributes[name] = Sim.createWid(attributes[name]);
    for (const name of WID_LISTS) if (attributes[name]) attributes[name] = attributes[name].map(Sim.createWid);
    return attributes;
  };

  const messageOf = (wire) => new MessageModel(attributesOf(wire));

  const LEFT_OUT = new Set(['id', 'body', 'caption', 'ack', 't', 'type', 'from', 'to', 'author', 'local', 'self', 'isNewMsg', 'rowId', 'mediaBlob', 'chat', 'renderableUrl', 'preview']);
  const plain = (name, value) => (value instanceof Blob || value instanceof Sim.OpaqueData || ArrayBuffer.isView(value) ? undefined : value);

  /** The other way: what the hub is to keep of a message that is being sent. */
  const wireOf = (message) => {
    const data = {};
    for (const [name, value] of Object.entries(message)) {
      if (LEFT_OUT.has(name) || value === undefined || value === null || typeof value === 'function') continue;
      const kept = JSON.stringify(value, plain);
      if (kept !== undefined) data[name] = JSON.parse(kept);
    }
    return {
      key: message.id._serialized, id: message.id.id, chat: message.id.remote._serialized, participant: message.id.participant?._serialized ?? null, from_me: true,
      ack: 0, t: message.t, type: message.type, body: String((message.isMedia ? message.caption : message.body) ?? ''), data,
    };
  };

  Object.assign(Sim, { MessageModel, messageOf, wireOf });
}
