import { ApiError } from '../../contracts/errors.js';
import type { MediaKind } from '../../contracts/media-api.js';
import type { MediaInput } from '../../contracts/message-api.js';
import type { UploadedFile } from '../../contracts/route.js';
import type { MediaId } from '../../shared/ids.js';
import type { MediaService, MediaSource, StoredMedia } from './media-service.js';
import { mediaKindProblem } from './media-type.js';

export interface MessageMedia {
  kind: MediaKind;
  /** What the body says of the file. */
  media?: MediaInput;
  /** The file of the form, when there is one. */
  file: UploadedFile | null;
}

/** The file of a message: one that was uploaded before, or one that is taken in now. @throws ApiError, as `MediaService.store` and `get` */
export async function takeForMessage(service: MediaService, { kind, media, file }: MessageMedia): Promise<StoredMedia> {
  if (media && file) throw invalid('is there twice: name it here, or send it as a part of the form');
  if (media && 'id' in media) {
    const stored = await service.get(media.id as MediaId);
    const problem = mediaKindProblem(kind, stored.mimetype);
    if (problem) throw problem;
    return stored;
  }
  return service.store(sourceOf(media, file), kind);
}

function sourceOf(media: Exclude<MediaInput, { id: string }> | undefined, file: UploadedFile | null): MediaSource {
  if (file) return { kind: 'upload', ...file };
  if (!media) throw invalid('is missing: give an id, a url or base64, or send the file as a part of the form');
  if ('url' in media) return { kind: 'url', url: media.url, filename: media.filename };
  return { kind: 'base64', data: media.base64, filename: media.filename, mimetype: media.mimetype };
}

const invalid = (message: string): ApiError => new ApiError('invalid_request', { fields: [{ field: 'body.media', message }] });
