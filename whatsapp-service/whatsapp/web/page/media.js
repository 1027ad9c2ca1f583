/**
 * The file of a message, for as long as node reads it. It stays a Blob, which the browser may keep on disk; node takes it out in pieces.
 * One at a time: a page that held several large ones would be taken for one that hangs.
 */
let heldFile = null;

const NO_MEASURES = { addAnnotations: () => NO_MEASURES, addPoint: () => NO_MEASURES };

const messageOf = async (id) => {
  const { Msg } = window.require('WAWebCollections');
  return Msg.get(id) ?? (await Msg.getMessagesById([id]))?.messages?.[0] ?? null;
};

/** WhatsApp keeps a file for some weeks; after that only the phone may have it. */
const resolved = async (msg) => {
  if (msg.mediaData.mediaStage !== 'RESOLVED') await msg.downloadMedia({ downloadEvenIfExpensive: true, rmrReason: 1 });
  const stage = String(msg.mediaData.mediaStage);
  if (stage.includes('ERROR') || stage === 'FETCHING' || stage === 'REUPLOADING') throw bridge.fail('media_unavailable', `WhatsApp no longer has this file (${stage}).`);
};

bridge.calls.openMedia = async ({ messageId, maxBytes }) => {
  heldFile = null;
  const msg = await messageOf(messageId);
  if (!msg) throw bridge.fail('message_not_found', 'WhatsApp Web has no such message.');
  if (!msg.mediaData || !msg.directPath) throw bridge.fail('media_unavailable', 'This message has no file.');
  if (msg.size > maxBytes) throw bridge.fail('media_too_large', 'This file is larger than the limit.');
  await resolved(msg);
  const { directPath, encFilehash, filehash, mediaKey, mediaKeyTimestamp, type } = msg;
  const { downloadManager } = window.require('WAWebDownloadManager');
  let bytes;
  try {
    bytes = await downloadManager.downloadAndMaybeDecrypt({ directPath, encFilehash, filehash, mediaKey, mediaKeyTimestamp, type, signal: new AbortController().signal, downloadQpl: NO_MEASURES });
  } catch (error) {
    if (error?.status === 404 || error?.status === 410) throw bridge.fail('media_unavailable', 'WhatsApp no longer has this file.');
    throw error;
  }
  heldFile = bytes instanceof Blob ? bytes : new Blob([bytes]);
  if (heldFile.size > maxBytes) {
    heldFile = null;
    throw bridge.fail('media_too_large', 'This file is larger than the limit.');
  }
  return { size: heldFile.size, mimetype: msg.mimetype ?? null, filename: msg.filename ?? null };
};

bridge.heldFile = () => heldFile;
bridge.calls.closeMedia = () => {
  heldFile = null;
  return true;
};
