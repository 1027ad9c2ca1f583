/**
 * What the bridge, and whatsapp-web.js on its behalf, use of WhatsApp Web: feature → module → fields. A field may be a path.
 * WhatsApp renames its modules now and then; what is missing here switches off the feature that it stands under, and no other.
 * A test compares this with the sources of both.
 */
export const PAGE_CONTRACT = {
  /** Without these there is no session at all. */
  session: {
    WAWebSocketModel: ['Socket.state', 'Socket.on'],
    WAWebCmd: ['Cmd.on'],
    WAWebConnModel: ['Conn.on', 'Conn.serialize'],
    WAWebOfflineHandler: ['OfflineMessageHandler.getOfflineDeliveryProgress'],
    WAWebUserPrefsMeUser: ['getMaybeMePnUser', 'getMaybeMeLidUser'],
    WAWebCollections: ['Chat.on', 'Chat.get', 'Chat.getModelsArray', 'Msg.on', 'Msg.get'],
    WAWebWidFactory: ['createWid'],
    WAWebSyncGatingUtils: [],
    WAWebCallCollection: [],
    WALinkify: ['findLinks'],
  },
  pairing: {
    WABase64: ['encodeB64'],
    WAWebCompanionRegClientUtils: ['DEVICE_PLATFORM'],
    WAWebAdvSignatureApi: [],
    WAWebUserPrefsInfoStore: ['waNoiseInfo.get'],
    WAWebSignalStoreApi: ['waSignalStore.getRegistrationInfo'],
    WAWebUserPrefsMultiDevice: ['getADVSecretKey'],
    WAWebLaunchSocketUtils: ['refreshQR'],
  },
  pairing_code: {
    WAWebAltDeviceLinkingApi: ['setPairingType', 'initializeAltDeviceLinking', 'startAltLinkingFlow'],
  },
  device_name: { WAWebMiscBrowserUtils: ['info'] },
  logout: { WAWebSocketModel: ['Socket.logout'] },
  takeover: { WAWebSocketModel: ['Socket.takeover'] },
  catch_up: { WAWebChatLoadMessages: ['loadEarlierMsgs'] },
  acks: { WAWebCollections: ['Msg.getMessagesById'] },
  lid: { WAWebLidMigrationUtils: ['toPn'], WAWebApiContact: ['getCurrentLid'] },
  send: {
    WAWebMsgKey: ['newId'],
    WAWebQueryExistsJob: ['queryWidExists'],
    WAWebFindChatAction: ['findOrCreateLatestChat'],
    WAWebSendMsgChatAction: ['addAndSendMsgToChat'],
    WAWebGetEphemeralFieldsMsgActionsUtils: ['getEphemeralFields'],
    WAWebChatGetters: ['getIsNewsletter', 'getIsBroadcast'],
    WAWebWidFactory: ['asUserWidOrThrow'],
    WALinkify: ['findLink'],
  },
  link_preview: { WAWebLinkPreviewChatAction: ['getLinkPreview'] },
  reply: { WAWebMsgReply: ['canReplyMsg'] },
  seen: { WAWebStreamModel: ['Stream.markAvailable', 'Stream.markUnavailable'], WAWebUpdateUnreadChatAction: ['sendSeen'] },
  typing: { WAWebChatStateBridge: ['sendChatStateComposing', 'sendChatStatePaused', 'sendChatStateRecording'] },
  media: {
    WAWebMediaOpaqueData: ['createFromData'],
    WAWebPrepRawMedia: ['prepRawMedia'],
    WAWebMediaStorage: ['getOrCreateMediaObject'],
    WAWebMmsMediaTypes: ['msgToMediaType', 'castToV4'],
    WAWebMediaDataUtils: ['shouldUseMediaCache'],
    WAWebMediaInMemoryBlobCache: ['InMemoryMediaBlobCache.put'],
    WAWebMediaMmsV4Upload: ['uploadMedia'],
  },
  inbound_media: { WAWebDownloadManager: ['downloadManager.downloadAndMaybeDecrypt'] },
  sticker: { WAWebImageUtils: ['toWebpSticker'], WAWebUploadManager: ['encryptAndUpload'], WAWebStartMediaUploadQpl: ['startMediaUploadQpl'] },
  reaction: { WAWebSendReactionMsgAction: ['sendReactionToMsg'] },
  edit: { WAWebMsgActionCapability: ['canEditText', 'canEditCaption'], WAWebSendMessageEditAction: ['sendMessageEdit'] },
  delete: { WAWebMsgActionCapability: ['canSenderRevokeMsg', 'canAdminRevokeMsg'], WAWebCmd: ['Cmd.sendRevokeMsgs'] },
  numbers: { WAWebQueryExistsJob: ['queryWidExists'] },
  contacts: {
    WAWebCollections: ['Contact.get', 'Contact.find', 'Blocklist.get', 'BusinessProfile.find'],
    WAWebWidFactory: ['createWidFromWidLike'],
    WAWebApiContact: ['getAlternateUserWid'],
    WAWebContactGetters: [],
    WAWebFrontendContactGetters: [],
  },
  profile_picture: { WAWebContactProfilePicThumbBridge: ['requestProfilePicFromServer'] },
  groups: {
    WAWebGroupQueryJob: ['queryAndUpdateGroupMetadataById', 'resetGroupInviteCode'],
    WAWebGroupCreateJob: ['createGroup'],
    WAWebModifyParticipantsGroupAction: ['removeParticipants', 'promoteParticipants', 'demoteParticipants'],
    WAWebExitGroupAction: ['sendExitGroup'],
    WAWebMexFetchGroupInviteCodeJob: ['fetchMexGroupInviteCode'],
    WASmaxGroupsAddParticipantsRPC: ['sendAddParticipantsRPC'],
    WAWebWidToJid: ['widToUserJid', 'widToGroupJid'],
    WAWebChatSendMessages: ['sendGroupInviteMessage'],
  },
} as const satisfies Record<string, Record<string, readonly string[]>>;

export type PageFeature = keyof typeof PAGE_CONTRACT;

/** Their loss ends the session; the loss of any other is told, and the session goes on. */
const ESSENTIAL: ReadonlySet<string> = new Set<PageFeature>(['session']);

export interface ContractPart {
  feature: string;
  module: string;
  /** Null: the module itself. */
  field: string | null;
  essential: boolean;
}

/** Every single thing to look for. */
export const CONTRACT_PARTS: readonly ContractPart[] = Object.entries(PAGE_CONTRACT).flatMap(([feature, modules]) =>
  Object.entries(modules as Record<string, readonly string[]>).flatMap(([module, fields]) =>
    [null, ...fields].map((field) => ({ feature, module, field, essential: ESSENTIAL.has(feature) })),
  ),
);
