/* global Sim */
{
  /** Functions that the library replaces in place, so that it hears of every call. */
  Sim.reactionTable = { bulkUpsert: (reactions) => reactions };
  const pollVotes = { bulkUpsert: (votes) => votes };

  /** Like the real one, a Map among other things; whoever wraps its `set` hears of calls. */
  Sim.calls = new Map();
  const callCollection = Object.assign(new Sim.Emitter(), { _callMap: Sim.calls, activeCall: null });

  const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"']+/gi;
  const linkOf = (text) => ({ href: text.startsWith('www.') ? `http://${text}` : text, value: text, suspiciousCharacters: null });
  const findLinks = (text) => (typeof text === 'string' ? (text.match(LINK) ?? []).map(linkOf) : []);

  const mine = (message) => message.id.fromMe && message.type !== 'revoked';
  const RAW_TABLE = () => ({ equals: async () => [] });

  Object.assign(Sim.Cmd, {
    sendRevokeMsgs: Sim.sendRevoke,
    sendDeleteMsgs: Sim.sendDelete,
    sendStarMsgs: async (_chat, messages) => messages.forEach((message) => message.set('star', true)),
    sendUnstarMsgs: async (_chat, messages) => messages.forEach((message) => message.set('star', false)),
  });

  const parseVcard = (text) => (/^BEGIN:VCARD[\s\S]*END:VCARD\s*$/.test(text) ? { text } : null);

  const quotedOf = (message) => {
    const remote = message.quotedRemoteJid ?? message.id.remote;
    const author = message.quotedParticipant;
    const fromMe = Boolean(author) && (author.equals(Sim.account.wid) || author.equals(Sim.account.lid));
    const key = new Sim.MsgKey({ fromMe, remote, id: message.quotedStanzaID, participant: remote.isGroup() ? author : undefined });
    return Sim.Msg.get(key) ?? new Sim.MessageModel({
      id: key, t: message.t, ack: 1, from: fromMe ? Sim.meIn(remote) : remote, to: fromMe ? remote : Sim.meIn(remote), author: remote.isGroup() ? author : undefined, self: fromMe ? 'out' : 'in', isNewMsg: false,
      ...message.quotedMsg,
    });
  };

  Sim.define({
    WAWebMsgKey: Sim.MsgKey,
    WAWebSendMsgChatAction: { addAndSendMsgToChat: Sim.addAndSend },
    WAWebSendMessageEditAction: { sendMessageEdit: Sim.sendEdit },
    WAWebRevokeMsgAction: { sendRevoke: Sim.sendRevoke, revokeMessages: Sim.sendRevoke },
    WAWebSendReactionMsgAction: { sendReactionToMsg: Sim.sendReaction },
    WAWebMsgActionCapability: {
      canSenderRevokeMsg: mine,
      canAdminRevokeMsg: (message) => message.id.remote.isGroup() && Boolean(message.chat?.groupMetadata?.participants.get(Sim.meIn(message.id.remote))?.isAdmin),
      canEditText: (message) => mine(message) && message.type === 'chat',
      canEditCaption: (message) => mine(message) && message.isMedia,
      canStarMsg: () => true,
      canReplyMsg: (message) => message.canReply(),
    },
    WAWebMsgReply: { canReplyMsg: (message) => message.canReply() },
    WAWebQuotedMsgModelUtils: { getQuotedMsgObj: quotedOf },
    WAWebAddonReactionTableMode: { reactionTableMode: Sim.reactionTable },
    WAWebAddonPollVoteTableMode: { pollVoteTableMode: pollVotes },
    WAWebPollsVotesSchema: { getTable: RAW_TABLE },
    WAWebPinInChatSchema: { getTable: RAW_TABLE },
    WAWebCallCollection: callCollection,
    WAWebBackendJobsCommon: { mediaTypeFromProtobuf: () => null },
    WAWebE2EProtoUtils: { typeAttributeFromProtobuf: () => 'text' },
    WAWebNonMessageDataRequestPlaceholderMessageResendUtils: { handlePlaceholderMsgsSeen: async () => undefined },
    WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
    WALinkify: { findLink: (text) => findLinks(text)[0] ?? null, findLinks },
    WAWebLinkPreviewChatAction: { getLinkPreview: async () => (await Sim.lag(), null) },
    WAWebApiMessageInfoStore: { queryMsgInfo: async () => ({ delivery: [], deliveryRemaining: 0, read: [], readRemaining: 0, played: [], playedRemaining: 0 }) },
    WAWebChatForwardMessage: {
      forwardMessages: async ({ chat, msgs }) => {
        for (const message of msgs) {
          const id = new Sim.MsgKey({ fromMe: true, remote: chat.id, id: await Sim.MsgKey.newId(), participant: chat.isGroup ? Sim.meIn(chat.id) : undefined });
          const kept = Object.fromEntries(Object.entries(message).filter(([name]) => !name.startsWith('quoted')));
          await Sim.addAndSend(chat, { ...kept, id, from: Sim.meIn(chat.id), to: chat.id, self: 'out', t: Math.floor(Date.now() / 1000), isForwarded: true })[1];
        }
      },
    },
    WAWebVcardParsingUtils: { parseVcard },
    WAWebVcardGetNameFromParsed: { vcardGetNameFromParsed: ({ text }) => /^FN:(.*)$/m.exec(text)?.[1] ?? '' },
    WAWebFrontendVcardUtils: {
      vcardFromContactModel: (contact) => {
        const digits = (contact.phoneNumber ?? contact.id).user;
        return { displayName: contact.formattedName, vcard: `BEGIN:VCARD\nVERSION:3.0\nFN:${contact.formattedName}\nTEL;type=CELL;waid=${digits}:+${digits}\nEND:VCARD` };
      },
    },
  });
}
