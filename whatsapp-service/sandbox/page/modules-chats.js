/* global Sim */
{
  const flag = async (chat, attributes, flags) => {
    await Sim.lag();
    chat.set(attributes);
    Sim.Chat.touch();
    await Sim.keepFlags(chat, flags);
  };

  Object.assign(Sim.Cmd, {
    archiveChat: (chat, archived) => flag(chat, { archive: archived }, { archived }),
    pinChat: (chat, pinned) => flag(chat, { pin: pinned ? Math.floor(Date.now() / 1000) : 0 }, { pinned: pinned ? Math.floor(Date.now() / 1000) : 0 }),
    markChatUnread: (chat, unread) => flag(chat, { unreadCount: unread ? -1 : 0 }, { unread: unread ? -1 : 0 }),
  });

  const groups = new Sim.Emitter();
  groups.get = (id) => Sim.Chat.get(id)?.groupMetadata;
  groups.find = async (id) => {
    await groups.update(id);
    return groups.get(id);
  };
  groups.update = async () => Sim.lag();
  groups.getModelsArray = () => Sim.Chat.getModelsArray().map((chat) => chat.groupMetadata).filter(Boolean);

  const none = () => Object.assign(new Sim.Collection(), { find: async () => undefined });
  const Status = Object.assign(none(), { getMyStatus: () => undefined });
  const pictures = Object.assign(none(), { get: () => undefined });

  const queryWidExists = async (value) => {
    await Sim.lag();
    const wid = Sim.createWid(value);
    const { jid } = await Sim.link.call('exists', { jid: wid._serialized });
    return jid === null ? null : { wid: Sim.createWid(jid), biz: false, disappearingMode: undefined };
  };

  const isMe = (contact) => contact.isMe;

  Sim.define({
    WAWebCollections: {
      Msg: Sim.Msg, Chat: Sim.Chat, Contact: Sim.Contact, GroupMetadata: groups, Status, ProfilePicThumb: pictures, Label: none(), Blocklist: none(), BusinessProfile: none(),
      WAWebNewsletterCollection: none(), NewsletterMetadataCollection: none(), Reactions: none(),
    },
    WAWebContactCollection: { ContactCollectionImpl: Sim.Contact },
    WAWebWidFactory: {
      createWid: Sim.createWid,
      createWidFromWidLike: Sim.createWid,
      createUserWid: (user, server = 'c.us') => Sim.createWid(`${user}@${server}`),
      createUserWidOrThrow: (value) => Sim.createWid(String(value).includes('@') ? value : `${value}@c.us`),
      asUserWidOrThrow: (value) => {
        const wid = Sim.createWid(value);
        if (!wid.isUser()) throw new Error('asUserWidOrThrow: not a user wid');
        return wid;
      },
      toUserWid: (wid) => Sim.createWid(wid),
      isWidlike: (value) => Boolean(value?._serialized),
    },
    WAWebWidToJid: { widToUserJid: (wid) => wid.toJid(), widToGroupJid: (wid) => wid.toJid() },
    WAWebJidToWid: { userJidToUserWid: Sim.createWid, jidToWid: Sim.createWid },
    WAWebLidMigrationUtils: { toPn: Sim.toPn, toLid: Sim.toLid, isLidMigrated: () => Sim.account?.lid_mode ?? false },
    WAWebApiContact: {
      getPhoneNumber: (wid) => Sim.toPn(wid) ?? undefined,
      getCurrentLid: (wid) => Sim.toLid(wid) ?? undefined,
      getAlternateUserWid: (wid) => (wid.isLid() ? Sim.toPn(wid) : Sim.toLid(wid)),
    },
    WAWebFindChatAction: { findOrCreateLatestChat: Sim.findChat, findChat: async (wid) => (await Sim.findChat(wid)).chat },
    WAWebChatLoadMessages: { loadEarlierMsgs: Sim.loadEarlier },
    WAWebChatGetters: {
      getIsNewsletter: () => false,
      getIsBroadcast: (chat) => chat.id.isBroadcast(),
      getIsGroup: (chat) => chat.id.isGroup(),
      getIsUser: (chat) => chat.id.isUser(),
    },
    WAWebUpdateUnreadChatAction: {
      sendSeen: (argument) => Sim.sendSeen(argument.chat ?? argument),
      markUnread: (chat, unread) => Sim.Cmd.markChatUnread(chat, unread),
    },
    WAWebChatStateBridge: { sendChatStateComposing: (wid) => Sim.sendMark(wid, 'typing'), sendChatStateRecording: (wid) => Sim.sendMark(wid, 'recording'), sendChatStatePaused: (wid) => Sim.sendMark(wid, 'paused') },
    WAWebQueryExistsJob: { queryWidExists, queryPhoneExists: queryWidExists },
    WAWebContactGetters: {
      getIsMe: isMe, getIsUser: (contact) => contact.id.isUser(), getIsGroup: (contact) => contact.id.isGroup(), getIsWAContact: () => true,
      getUserid: (contact) => contact.id.user, getVerifiedName: () => undefined, getVerifiedLevel: () => undefined, getStatusMute: () => false,
      getName: (contact) => contact.name, getShortName: (contact) => contact.shortName, getPushname: (contact) => contact.pushname, getIsEnterprise: () => false,
      getNotifyName: (contact) => contact.pushname, getFormattedName: (contact) => contact.formattedName,
    },
    WAWebFrontendContactGetters: { getIsMyContact: (contact) => contact.isAddressBookContact === 1, getFormattedName: (contact) => contact.formattedName },
    WAWebContactProfilePicThumbBridge: { requestProfilePicFromServer: async () => (await Sim.lag(), undefined) },
    WAWebGroupQueryJob: {
      queryAndUpdateGroupMetadataById: async ({ id }) => groups.update(id),
      queryGroupInvite: async () => {
        throw new Error('not part of the sandbox');
      },
    },
    WAWebPhoneUtils: { formattedPhoneNumber: (jid) => `+${Sim.createWid(jid).user}` },
    WAPhoneFindCC: { findCC: (number) => (String(number).startsWith('62') ? '62' : String(number).slice(0, 2)) },
    WAWebDeleteChatAction: {
      sendDelete: async (chat) => {
        await Sim.lag();
        await Sim.link.call('delete_chat', { jid: chat.id._serialized });
        Sim.Chat.remove(chat);
      },
    },
  });
}
