/* global Sim, OffscreenCanvas, createImageBitmap */
{
  const headers = () => ({ 'x-sandbox-key': window.__SANDBOX?.key ?? '' });
  const base64 = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(''));

  /** A file that the page holds. */
  class OpaqueData {
    #blob;

    constructor(blob) {
      this.#blob = blob;
    }
    static async createFromData(data, mimetype) {
      return new OpaqueData(data instanceof Blob ? data : new Blob([data], { type: mimetype }));
    }
    get blob() {
      return this.#blob;
    }
    forceToBlob() {
      return this.#blob;
    }
    formData() {
      return this.#blob;
    }
    size() {
      return this.#blob.size;
    }
    type() {
      return this.#blob.type;
    }
    url() {
      return URL.createObjectURL(this.#blob);
    }
    autorelease() {}
    retain() {}
    release() {}
  }

  class MediaObject extends Sim.Model {
    constructor(filehash, type) {
      super();
      this.filehash = filehash;
      this.type = type;
      this.contentInfo = {};
    }
    consolidate(attributes) {
      const { type, size, mimetype } = attributes;
      this.set({ type, size, mimetype });
    }
  }

  class MediaData extends Sim.Model {
    toJSON() {
      return Object.fromEntries(Object.entries(this).filter(([name]) => name !== 'mediaBlob'));
    }
  }

  /** Files that are being sent, until they are uploaded. */
  const pending = new Map();
  const objects = new Map();

  Sim.mediaObject = (filehash, type) => {
    if (!objects.has(filehash)) objects.set(filehash, new MediaObject(filehash, type));
    return objects.get(filehash);
  };

  const typeOf = (mimetype, { asDocument, asSticker, isPtt }) => {
    const [kind] = mimetype.split('/');
    if (asDocument) return 'document';
    if (kind === 'image') return asSticker ? 'sticker' : 'image';
    if (kind === 'video') return 'video';
    if (kind === 'audio') return isPtt ? 'ptt' : 'audio';
    return 'document';
  };

  const prepare = async (opaque, params) => {
    await Sim.lag();
    const { blob } = opaque;
    const filehash = base64(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
    pending.set(filehash, blob);
    const data = new MediaData();
    data.set({
      type: typeOf(blob.type, params), mimetype: blob.type, size: blob.size, filehash, mediaBlob: opaque, isGif: Boolean(params.asGif), mediaStage: 'RESOLVED',
      ...(blob.name && blob.name !== 'undefined' ? { filename: blob.name } : {}),
    });
    return data;
  };

  const upload = async (blob, filehash) => {
    if (Sim.settings.instant_upload) return { path: '/v/not-uploaded', filehash };
    const response = await fetch('/upload', { method: 'POST', headers: { ...headers(), 'content-type': blob.type || 'application/octet-stream' }, body: blob });
    if (!response.ok) throw new Error(`upload failed: ${response.status}`);
    return response.json();
  };

  const entryOf = (stored) => ({
    mmsUrl: `https://mmg.whatsapp.net${stored.path}`, url: `https://mmg.whatsapp.net${stored.path}`, deprecatedMms3Url: `https://mmg.whatsapp.net${stored.path}`, directPath: stored.path,
    mediaKey: btoa(stored.path), mediaKeyTimestamp: Math.floor(Date.now() / 1000), encFilehash: stored.filehash, uploadHash: stored.filehash, filehash: stored.filehash,
  });

  const uploadMedia = async ({ mediaObject }) => {
    await Sim.lag();
    const blob = pending.get(mediaObject.filehash);
    if (!blob) throw new Error('media-fault: nothing to upload');
    pending.delete(mediaObject.filehash);
    return { mediaEntry: entryOf(await upload(blob, mediaObject.filehash)), kind: 'success' };
  };

  class StatusError extends Error {
    constructor(status) {
      super(`media download failed: ${status}`);
      this.status = status;
    }
  }

  const fetchMedia = async (path, method = 'GET') => {
    await Sim.lag();
    const response = await fetch(path, { method, headers: headers() });
    if (!response.ok) throw new StatusError(response.status);
    return response;
  };

  Sim.resolveMedia = async (message) => {
    const { mediaData } = message;
    mediaData.set({ mediaStage: 'FETCHING' });
    try {
      await fetchMedia(message.directPath, 'HEAD');
      mediaData.set({ mediaStage: 'RESOLVED' });
    } catch (error) {
      mediaData.set({ mediaStage: error.status === 404 ? 'ERROR_MISSING' : 'ERROR_UNKNOWN' });
    }
  };

  Sim.download = async ({ directPath }) => (await fetchMedia(directPath)).arrayBuffer();

  const toWebpSticker = async (file) => {
    const image = await createImageBitmap(file);
    const canvas = new OffscreenCanvas(512, 512);
    canvas.getContext('2d').drawImage(image, 0, 0, 512, 512);
    return canvas.convertToBlob({ type: 'image/webp' });
  };

  Object.assign(Sim, { OpaqueData, prepareMedia: prepare, uploadMedia, uploadSticker: async ({ blob }) => entryOf(await upload(blob)), toWebpSticker });
}
