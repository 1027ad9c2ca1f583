import { zMessageMediaParams, zMessageMediaQuery } from '../../contracts/media-api.js';
import { route, type Route } from '../../contracts/route.js';
import { bytesOfFile, type InboundMediaService } from './inbound-media-service.js';

export function inboundMediaRoutes(service: InboundMediaService): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/messages/{id}/media',
      scope: 'read',
      tag: 'Messages',
      summary: 'Get the file of a message',
      description:
        'Of one that came in, by `message_id` of its webhook, %-encoded; of one that was sent, by either of its ids. It is fetched from WhatsApp, which keeps files for some weeks, unless it is here already; for that the session has to work. '
        + 'Without `session_id` it is looked for among the messages that the key’s sessions have told of.',
      request: { params: zMessageMediaParams, query: zMessageMediaQuery },
      produces: ['application/octet-stream'],
      responses: { 200: { description: 'The file, as an attachment' } },
      errors: ['message_not_found', 'message_without_media', 'media_gone', 'media_too_large', 'session_not_found', 'session_wrong_state', 'session_unavailable'],
      handle: async ({ params, query, caller }) => {
        const file = await service.get(params.id, query.session_id, caller);
        return {
          status: 200,
          type: file.mimetype,
          // What a stranger sent is never shown by a browser as a page of ours.
          headers: { 'Content-Length': String(file.size), 'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`, 'Content-Security-Policy': 'sandbox' },
          body: bytesOfFile(file),
        };
      },
    }),
  ];
}
