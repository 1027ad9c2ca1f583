/* global Sim */
{
  const cache = new Map();

  Sim.define({
    WAWebMediaOpaqueData: Sim.OpaqueData,
    WAWebPrepRawMedia: { prepRawMedia: (opaque, params) => ({ waitForPrep: () => Sim.prepareMedia(opaque, params) }) },
    WAWebMediaStorage: { getOrCreateMediaObject: (filehash) => Sim.mediaObject(filehash) },
    WAWebMmsMediaTypes: { msgToMediaType: ({ type }) => type, castToV4: (type) => type },
    WAWebMediaDataUtils: { shouldUseMediaCache: () => false },
    WAWebMediaInMemoryBlobCache: { InMemoryMediaBlobCache: { put: (key, blob) => cache.set(key, blob), get: (key) => cache.get(key), has: (key) => cache.has(key) } },
    WAWebMediaMmsV4Upload: { uploadMedia: Sim.uploadMedia },
    WAWebUploadManager: { encryptAndUpload: Sim.uploadSticker },
    WAWebStartMediaUploadQpl: { startMediaUploadQpl: () => ({}) },
    WAWebImageUtils: { toWebpSticker: Sim.toWebpSticker },
    WAWebDownloadManager: { downloadManager: { downloadAndMaybeDecrypt: Sim.download } },
  });
}
