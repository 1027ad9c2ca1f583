/** Each kind of content as the options of the library's own `WWebJS.sendMessage`, or as the action that it is. */
const MEDIA_OPTIONS = {
  image: {},
  video: {},
  audio: {},
  voice: { sendAudioAsVoice: true },
  document: { sendMediaAsDocument: true },
  sticker: { sendMediaAsSticker: true },
};

/** Files that node puts into the page by handle: their bytes never pass through node's heap. */
const inputs = new Map();
bridge.fileInput = (token) => {
  const input = document.createElement('input');
  input.type = 'file';
  inputs.set(token, input);
  return input;
};
bridge.calls.dropFile = ({ token }) => inputs.delete(token);

/** The library makes a file of base64; ours is one already. */
const takeOverFiles = () => {
  const { mediaInfoToFile } = window.WWebJS;
  if (mediaInfoToFile.isBridge) return;
  window.WWebJS.mediaInfoToFile = (info) => info.file ?? mediaInfoToFile(info);
  window.WWebJS.mediaInfoToFile.isBridge = true;
};

const mediaOptions = async ({ type, token, mimetype, filename, caption, viewOnce }) => {
  takeOverFiles();
  const picked = inputs.get(token)?.files?.[0];
  if (!picked) throw bridge.fail('send_failed', 'The file did not reach the page.');
  const file = new File([picked], filename ?? picked.name, { type: mimetype });
  const info = { file, mimetype, filename: file.name };
  const media = type === 'sticker' ? await window.WWebJS.toStickerData(info) : info;
  return { media, caption: caption ?? undefined, isCaptionByUser: Boolean(caption), isViewOnce: viewOnce, ...MEDIA_OPTIONS[type] };
};

const locationOptions = ({ latitude, longitude, name, address, url }) => ({
  location: { latitude, longitude, description: [name, address].filter(Boolean).join('\n') || undefined, url: url ?? undefined },
});

const contactOptions = ({ contacts }) => {
  const [only] = contacts;
  const one = { type: 'vcard', body: only.vcard, vcardFormattedName: only.name };
  const many = { type: 'multi_vcard', body: null, vcardList: contacts.map(({ name, vcard }) => ({ displayName: name, vcard })) };
  return { extraOptions: contacts.length === 1 ? one : many };
};

const pollOptions = ({ question, options, multiple }) => ({
  poll: { pollName: question, pollOptions: options.map((name, localId) => ({ name, localId })), options: { allowMultipleAnswers: multiple } },
});

/** `[text, options]` for `WWebJS.sendMessage`. */
bridge.sendArguments = async (content) => {
  switch (content.type) {
    case 'text':
      return [content.text, { mentionedJidList: content.mentions, linkPreview: content.linkPreview || undefined }];
    case 'location':
      return ['', locationOptions(content)];
    case 'contact':
      return ['', contactOptions(content)];
    case 'poll':
      return ['', pollOptions(content)];
    default:
      return ['', await mediaOptions(content)];
  }
};

const messageById = async (id) => {
  const { Msg } = window.require('WAWebCollections');
  const found = Msg.get(id) ?? (await Msg.getMessagesById([id]))?.messages?.[0];
  if (!found) throw bridge.fail('message_not_found', 'WhatsApp does not know this message.');
  return found;
};

const own = (msg) => {
  if (!msg.id.fromMe) throw bridge.fail('message_not_editable', 'Only messages of this account can be changed.');
};

/** What changes a message instead of being one. Doing it twice is the same as doing it once. */
const ACTIONS = {
  reaction: async ({ messageId, emoji }) => {
    await window.require('WAWebSendReactionMsgAction').sendReactionToMsg(await messageById(messageId), emoji);
  },
  edit: async ({ messageId, text }) => {
    const msg = await messageById(messageId);
    own(msg);
    const capability = bridge.module('WAWebMsgActionCapability');
    if (capability && !(capability.canEditText(msg) || capability.canEditCaption(msg))) throw bridge.fail('message_not_editable', 'WhatsApp does not let this message be edited any more.');
    await window.WWebJS.editMessage(msg, text, { mentionedJidList: [] });
  },
  delete: async ({ messageId }) => {
    const msg = await messageById(messageId);
    const capability = bridge.module('WAWebMsgActionCapability');
    if (capability ? !(capability.canSenderRevokeMsg(msg) || capability.canAdminRevokeMsg(msg)) : !msg.id.fromMe) {
      throw bridge.fail('message_not_editable', 'WhatsApp does not let this message be deleted for everyone.');
    }
    const { Cmd } = window.require('WAWebCmd');
    const chat = bridge.findChat(bridge.jid(msg.id.remote));
    const type = msg.id.fromMe ? 'Sender' : 'Admin';
    const isNew = window.WWebJS.compareWwebVersions?.(window.Debug.VERSION, '>=', '2.3000.0') ?? true;
    if (isNew) await Cmd.sendRevokeMsgs(chat, { list: [msg], type: 'message' }, { clearMedia: true });
    else await Cmd.sendRevokeMsgs(chat, [msg], { clearMedia: true, type });
  },
};
bridge.actionOf = (content) => ACTIONS[content.type] ?? null;
