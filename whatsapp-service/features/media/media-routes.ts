import { ApiError } from '../../contracts/errors.js';
import { zMedia, zMediaParams, zStoreMedia, type StoreMedia } from '../../contracts/media-api.js';
import { route, type Route, type UploadedFile } from '../../contracts/route.js';
import type { MediaId } from '../../shared/ids.js';
import type { MediaService, MediaSource } from './media-service.js';

const TAG = 'Media';

/** `limitBytes`: the largest upload. */
export function mediaRoutes(service: MediaService, limitBytes: number): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/media',
      scope: 'send',
      tag: TAG,
      summary: 'Store a file for messages',
      description: 'As a form with the part `file`, or as JSON with `url` or `base64`. One upload can serve any number of messages until it expires: give its id as `media.id`.',
      request: { body: zStoreMedia, bodyExample: { url: 'https://shop.example/invoice-1042.pdf' }, multipart: { file: 'file', limitBytes } },
      responses: { 201: { description: 'Stored', schema: zMedia } },
      errors: ['media_too_large', 'media_type_not_allowed', 'media_unreachable', 'media_url_not_allowed'],
      handle: async ({ body, file }) => ({ status: 201, body: service.view(await service.store(sourceOf(body, file))) }),
    }),
    route({
      method: 'get',
      path: '/api/media/{id}',
      scope: 'read',
      tag: TAG,
      summary: 'Get what is known of a stored file',
      request: { params: zMediaParams },
      responses: { 200: { description: 'The file’s facts', schema: zMedia } },
      errors: ['media_not_found'],
      handle: async ({ params }) => ({ status: 200, body: service.view(await service.get(params.id as MediaId)) }),
    }),
    route({
      method: 'delete',
      path: '/api/media/{id}',
      scope: 'send',
      tag: TAG,
      summary: 'Delete a stored file',
      request: { params: zMediaParams },
      responses: { 204: { description: 'Deleted' } },
      errors: ['media_not_found', 'media_in_use'],
      handle: async ({ params }) => {
        const { id } = await service.get(params.id as MediaId);
        if (!(await service.release(id))) throw new ApiError('media_in_use');
        return { status: 204 };
      },
    }),
  ];
}

function sourceOf(body: StoreMedia, file: UploadedFile | null): MediaSource {
  const { url, base64, mimetype, filename } = body;
  const given = [file, url, base64].filter((source) => source !== null && source !== undefined).length;
  if (given !== 1) throw new ApiError('invalid_request', { fields: [{ field: 'body', message: 'must have exactly one of a file (as a form), `url` and `base64`' }] });
  if (file) return { ...file, kind: 'upload', filename: filename ?? file.filename, mimetype: mimetype ?? file.mimetype };
  if (url !== undefined) return { kind: 'url', url, filename };
  return { kind: 'base64', data: base64 ?? '', filename, mimetype };
}
