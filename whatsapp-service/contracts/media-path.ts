import type { MessageData } from './payloads.js';

/** Says of a message with a file where that is to be had. */
export function withMediaPath(sessionId: string, data: MessageData): MessageData {
  if (!data.media) return data;
  return { ...data, media: { ...data.media, path: `/api/messages/${encodeURIComponent(data.message_id)}/media?session_id=${sessionId}` } };
}
