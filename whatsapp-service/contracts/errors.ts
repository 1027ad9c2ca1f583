import { SESSION_REASONS, type SessionReason, type SessionState } from './states.js';

/**
 * The error catalogue: every code that the API can answer with, its HTTP status and its sentence.
 * A sentence tells its reader what to do next. `docs/api.md` lists the same codes; a test compares the two.
 */
export const ERRORS = {
  invalid_request: { status: 400, message: 'The request is not valid. `details` names each field and what it should be.' },
  invalid_json: { status: 400, message: 'The body is not valid JSON in UTF-8. Send JSON with `Content-Type: application/json`.' },
  invalid_phone: { status: 400, message: 'This is not a phone number that can be dialled. Write it as +62812…, 0812… or a WhatsApp JID.' },
  unauthorized: { status: 401, message: 'A valid API key is missing. Send it as `X-Api-Key` or `Authorization: Bearer`.' },
  forbidden: { status: 403, message: 'This API key may not do that. `details` names the scope or the session that it lacks.' },
  group_forbidden: { status: 403, message: 'This account may not do that in this group: it is no admin of it, or has left it.' },
  not_found: { status: 404, message: 'There is nothing at this path. See /docs for the routes.' },
  session_not_found: { status: 404, message: 'There is no session with this id. Create it with POST /api/sessions.' },
  message_not_found: { status: 404, message: 'There is no message with this id.' },
  message_without_media: { status: 404, message: 'This message has no file.' },
  media_gone: { status: 410, message: 'WhatsApp no longer has this file. The phone may: ask for the message to be sent again.' },
  media_not_found: { status: 404, message: 'There is no file with this id: it expired, was deleted, or never was. Upload it again with POST /api/media.' },
  key_not_found: { status: 404, message: 'There is no active API key with this id. GET /api/keys lists them.' },
  sync_not_found: { status: 404, message: 'This session has no chat sync yet. Start one with POST /api/sessions/{id}/chats/sync.' },
  chat_not_found: { status: 404, message: 'This account has no such chat. GET /api/sessions/{id}/chats lists them.' },
  endpoint_not_found: { status: 404, message: 'There is no endpoint with this id. GET /api/webhooks/endpoints lists them.' },
  delivery_not_found: { status: 404, message: 'There is no delivery with this id: it was deleted after its time, or never was.' },
  redelivery_not_found: { status: 404, message: 'There is no redelivery with this id. It is kept for a week once it is over.' },
  group_not_found: { status: 404, message: 'This account has no such group. GET /api/sessions/{id}/chats?type=group lists them.' },
  blast_not_found: { status: 404, message: 'There is no blast with this id. GET /api/whatsapp/blast/jobs lists them.' },
  recipient_not_found: { status: 404, message: 'This blast has no recipient with this id. GET /api/whatsapp/blast/{id}/recipients lists them.' },
  contact_not_found: { status: 404, message: 'WhatsApp knows nobody with this number or JID.' },
  stored_contact_not_found: { status: 404, message: 'There is no contact with this number in this workspace. GET /api/contacts lists them.' },
  contact_check_not_found: { status: 404, message: 'No check of contacts has been begun in this workspace. Begin one with POST /api/contacts/check.' },
  opt_out_not_found: { status: 404, message: 'This person is not on the opt-out list of this workspace. GET /api/opt-outs lists it.' },
  method_not_allowed: { status: 405, message: 'This path does not take this method. `details.allow` lists what it takes.' },
  not_acceptable: { status: 406, message: 'None of the types in `Accept` can be answered here. `details.produces` lists what can.' },
  request_timeout: { status: 408, message: 'The request did not arrive in time. Send it again, without a pause.' },
  session_exists: { status: 409, message: 'A session with this id exists already. Use it, or delete it first.' },
  session_wrong_state: { status: 409, message: 'The session is not in a state that allows this. `details.state` says which it is in and why.' },
  session_limit: { status: 409, message: 'As many sessions run as SESSION_MAX_RUNNING allows. `details` says how many; stop another one, or raise the setting.' },
  backend_not_set: { status: 409, message: 'The service has no backend to send to. Set BACKEND_URL and WEBHOOK_SECRET, and restart it.' },
  backend_contacts_not_set: { status: 409, message: "The service does not read the main application's contacts. Set BACKEND_DB_URL and CONTACT_TABLE, and restart it." },
  sync_running: { status: 409, message: 'A chat sync of this session runs already. `details.sync` shows it.' },
  endpoint_gone: { status: 409, message: 'The endpoint of this delivery was deleted: there is nowhere to send it.' },
  idempotency_key_reused: { status: 409, message: 'This Idempotency-Key was used with another body. Use a new key for a new message.' },
  outcome_unknown: { status: 409, message: 'An earlier request with this Idempotency-Key broke off, and whether WhatsApp did it is not known. Look for the result; if there is none, repeat it with a new key.' },
  message_not_sent: { status: 409, message: 'The message that this one is about has not gone out yet. Cancel it, or wait until it is sent.' },
  message_not_cancellable: { status: 409, message: 'Only a queued message can be cancelled. `details.state` says where this one is; delete it for everyone instead.' },
  blast_wrong_state: { status: 409, message: 'The blast is not in a state that allows this. `details.state` says which it is in.' },
  media_in_use: { status: 409, message: 'A message that has not gone out yet needs this file. Cancel the message, or leave the file: it expires by itself.' },
  last_admin_key: { status: 409, message: 'This is the last API key that may do everything. Make another one before you revoke it.' },
  preset_key: { status: 409, message: 'This API key comes from the setting ADMIN_API_KEY. Change or empty the setting and restart the service.' },
  payload_too_large: { status: 413, message: 'The body is too large. `details.limit_bytes` says how much is taken; the setting HTTP_BODY_LIMIT_KB raises it.' },
  media_too_large: { status: 413, message: 'The file is too large. `details.limit_bytes` says how much is taken; the setting MEDIA_MAX_MB raises it, INBOUND_MEDIA_MAX_MB for files that came in, CONTACT_IMPORT_MAX_MB for contacts, BLAST_UPLOAD_MAX_MB for recipients.' },
  unsupported_media_type: { status: 415, message: 'This content type, charset or encoding is not taken here. Send `application/json` in UTF-8.' },
  table_unreadable: { status: 422, message: 'This file cannot be read as a table. `details.reason` and `details.message` say why and what to do, `details.line` where it is known in which line.' },
  media_type_not_allowed: { status: 422, message: 'WhatsApp does not take this type of file as this kind of message. `details` names both; convert the file, or send it as a document.' },
  media_unreachable: { status: 422, message: 'The file could not be fetched from its URL. `details.reason` says why; mend it there, or upload the file instead.' },
  media_url_not_allowed: { status: 422, message: 'This URL may not be fetched. Give a public http or https URL without a user name or password, or list its host in MEDIA_ALLOWED_HOSTS.' },
  endpoint_url_not_allowed: { status: 422, message: 'This URL may not be an endpoint: its address is private. Give a public one, or list its host in WEBHOOK_ALLOWED_HOSTS.' },
  rate_limited: { status: 429, message: 'Too many requests. Wait for the seconds in `Retry-After`.' },
  headers_too_large: { status: 431, message: 'The request headers are too large. Send fewer or shorter ones.' },
  internal: { status: 500, message: 'Something failed on our side. Repeat the request; if it stays, look for the request id in the log.' },
  whatsapp_refused: { status: 502, message: 'WhatsApp refused this. Try it on the phone: if it works there, repeat the request later.' },
  session_unavailable: { status: 503, message: "The session's page did not answer in time. It is looked at; repeat the request in a moment." },
  storage_unavailable: { status: 503, message: 'The database takes nothing at the moment; `details.reason` says why. Free its disk, or end the program that holds it, and repeat the request: nothing was stored.' },
  backend_database_unavailable: { status: 503, message: "The main application's database did not answer, so that it is not known who must be skipped. `details.reason` says why; check BACKEND_DB_URL and the names of its tables and columns." },
  shutting_down: { status: 503, message: 'The service is stopping. Repeat the request in a moment.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error that is meant for the caller. Anything else that is thrown is answered as `internal`, without its text. */
export class ApiError extends Error {
  readonly status: number;

  constructor(
    readonly code: ErrorCode,
    /** Facts for the reader, snake_case. Never a secret, never a body. */
    readonly details?: Record<string, unknown>,
  ) {
    super(ERRORS[code].message);
    this.name = 'ApiError';
    this.status = ERRORS[code].status;
  }
}

/** The body of every error answer. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; request_id: string; details?: Record<string, unknown> };
}

export const errorBody = (error: ApiError, requestId: string): ErrorBody => ({
  error: { code: error.code, message: error.message, request_id: requestId, ...(error.details ? { details: error.details } : {}) },
});

/** `invalid_request` for one field. */
export const invalidField = (field: string, message: string): ApiError => new ApiError('invalid_request', { fields: [{ field, message }] });

/** `session_wrong_state` for a session as it is. */
export const sessionWrongState = ({ state, reason }: { state: SessionState; reason: SessionReason }, more: Record<string, unknown> = {}): ApiError =>
  new ApiError('session_wrong_state', { state, reason, reason_message: SESSION_REASONS[reason].message, ...more });
