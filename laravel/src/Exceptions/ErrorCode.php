<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

// Written by `npm run laravel:errors` from whatsapp-service/contracts/errors.ts. Do not edit it here.

/** Every code that the bridge can answer with. */
enum ErrorCode: string
{
    /** 400: The request is not valid. `details` names each field and what it should be. */
    case InvalidRequest = 'invalid_request';

    /** 400: The body is not valid JSON in UTF-8. Send JSON with `Content-Type: application/json`. */
    case InvalidJson = 'invalid_json';

    /** 400: This is not a phone number that can be dialled. Write it as +62812…, 0812… or a WhatsApp JID. */
    case InvalidPhone = 'invalid_phone';

    /** 401: A valid API key is missing. Send it as `X-Api-Key` or `Authorization: Bearer`. */
    case Unauthorized = 'unauthorized';

    /** 403: This API key may not do that. `details` names the scope or the session that it lacks. */
    case Forbidden = 'forbidden';

    /** 403: This account may not do that in this group: it is no admin of it, or has left it. */
    case GroupForbidden = 'group_forbidden';

    /** 404: There is nothing at this path. See /docs for the routes. */
    case NotFound = 'not_found';

    /** 404: There is no session with this id. Create it with POST /api/sessions. */
    case SessionNotFound = 'session_not_found';

    /** 404: There is no message with this id. */
    case MessageNotFound = 'message_not_found';

    /** 404: This message has no file. */
    case MessageWithoutMedia = 'message_without_media';

    /** 410: WhatsApp no longer has this file. The phone may: ask for the message to be sent again. */
    case MediaGone = 'media_gone';

    /** 404: There is no file with this id: it expired, was deleted, or never was. Upload it again with POST /api/media. */
    case MediaNotFound = 'media_not_found';

    /** 404: There is no active API key with this id. GET /api/keys lists them. */
    case KeyNotFound = 'key_not_found';

    /** 404: This session has no chat sync yet. Start one with POST /api/sessions/{id}/chats/sync. */
    case SyncNotFound = 'sync_not_found';

    /** 404: This account has no such chat. GET /api/sessions/{id}/chats lists them. */
    case ChatNotFound = 'chat_not_found';

    /** 404: There is no endpoint with this id. GET /api/webhooks/endpoints lists them. */
    case EndpointNotFound = 'endpoint_not_found';

    /** 404: There is no delivery with this id: it was deleted after its time, or never was. */
    case DeliveryNotFound = 'delivery_not_found';

    /** 404: There is no redelivery with this id. It is kept for a week once it is over. */
    case RedeliveryNotFound = 'redelivery_not_found';

    /** 404: This account has no such group. GET /api/sessions/{id}/chats?type=group lists them. */
    case GroupNotFound = 'group_not_found';

    /** 404: There is no blast with this id. GET /api/whatsapp/blast/jobs lists them. */
    case BlastNotFound = 'blast_not_found';

    /** 404: This blast has no recipient with this id. GET /api/whatsapp/blast/{id}/recipients lists them. */
    case RecipientNotFound = 'recipient_not_found';

    /** 404: WhatsApp knows nobody with this number or JID. */
    case ContactNotFound = 'contact_not_found';

    /** 404: There is no contact with this number in this workspace. GET /api/contacts lists them. */
    case StoredContactNotFound = 'stored_contact_not_found';

    /** 404: No check of contacts has been begun in this workspace. Begin one with POST /api/contacts/check. */
    case ContactCheckNotFound = 'contact_check_not_found';

    /** 404: This person is not on the opt-out list of this workspace. GET /api/opt-outs lists it. */
    case OptOutNotFound = 'opt_out_not_found';

    /** 405: This path does not take this method. `details.allow` lists what it takes. */
    case MethodNotAllowed = 'method_not_allowed';

    /** 406: None of the types in `Accept` can be answered here. `details.produces` lists what can. */
    case NotAcceptable = 'not_acceptable';

    /** 408: The request did not arrive in time. Send it again, without a pause. */
    case RequestTimeout = 'request_timeout';

    /** 409: A session with this id exists already. Use it, or delete it first. */
    case SessionExists = 'session_exists';

    /** 409: The session is not in a state that allows this. `details.state` says which it is in and why. */
    case SessionWrongState = 'session_wrong_state';

    /** 409: As many sessions run as SESSION_MAX_RUNNING allows. `details` says how many; stop another one, or raise the setting. */
    case SessionLimit = 'session_limit';

    /** 409: The service has no backend to send to. Set BACKEND_URL and WEBHOOK_SECRET, and restart it. */
    case BackendNotSet = 'backend_not_set';

    /** 409: The service does not read the main application's contacts. Set BACKEND_DB_URL and CONTACT_TABLE, and restart it. */
    case BackendContactsNotSet = 'backend_contacts_not_set';

    /** 409: A chat sync of this session runs already. `details.sync` shows it. */
    case SyncRunning = 'sync_running';

    /** 409: The endpoint of this delivery was deleted: there is nowhere to send it. */
    case EndpointGone = 'endpoint_gone';

    /** 409: This Idempotency-Key was used with another body. Use a new key for a new message. */
    case IdempotencyKeyReused = 'idempotency_key_reused';

    /** 409: An earlier request with this Idempotency-Key broke off, and whether WhatsApp did it is not known. Look for the result; if there is none, repeat it with a new key. */
    case OutcomeUnknown = 'outcome_unknown';

    /** 409: The message that this one is about has not gone out yet. Cancel it, or wait until it is sent. */
    case MessageNotSent = 'message_not_sent';

    /** 409: Only a queued message can be cancelled. `details.state` says where this one is; delete it for everyone instead. */
    case MessageNotCancellable = 'message_not_cancellable';

    /** 409: The blast is not in a state that allows this. `details.state` says which it is in. */
    case BlastWrongState = 'blast_wrong_state';

    /** 409: A message that has not gone out yet needs this file. Cancel the message, or leave the file: it expires by itself. */
    case MediaInUse = 'media_in_use';

    /** 409: This is the last API key that may do everything. Make another one before you revoke it. */
    case LastAdminKey = 'last_admin_key';

    /** 409: This API key comes from the setting ADMIN_API_KEY. Change or empty the setting and restart the service. */
    case PresetKey = 'preset_key';

    /** 413: The body is too large. `details.limit_bytes` says how much is taken; the setting HTTP_BODY_LIMIT_KB raises it. */
    case PayloadTooLarge = 'payload_too_large';

    /** 413: The file is too large. `details.limit_bytes` says how much is taken; the setting MEDIA_MAX_MB raises it, INBOUND_MEDIA_MAX_MB for files that came in, CONTACT_IMPORT_MAX_MB for contacts, BLAST_UPLOAD_MAX_MB for recipients. */
    case MediaTooLarge = 'media_too_large';

    /** 415: This content type, charset or encoding is not taken here. Send `application/json` in UTF-8. */
    case UnsupportedMediaType = 'unsupported_media_type';

    /** 422: This file cannot be read as a table. `details.reason` and `details.message` say why and what to do, `details.line` where it is known in which line. */
    case TableUnreadable = 'table_unreadable';

    /** 422: WhatsApp does not take this type of file as this kind of message. `details` names both; convert the file, or send it as a document. */
    case MediaTypeNotAllowed = 'media_type_not_allowed';

    /** 422: The file could not be fetched from its URL. `details.reason` says why; mend it there, or upload the file instead. */
    case MediaUnreachable = 'media_unreachable';

    /** 422: This URL may not be fetched. Give a public http or https URL without a user name or password, or list its host in MEDIA_ALLOWED_HOSTS. */
    case MediaUrlNotAllowed = 'media_url_not_allowed';

    /** 422: This URL may not be an endpoint: its address is private. Give a public one, or list its host in WEBHOOK_ALLOWED_HOSTS. */
    case EndpointUrlNotAllowed = 'endpoint_url_not_allowed';

    /** 429: Too many requests. Wait for the seconds in `Retry-After`. */
    case RateLimited = 'rate_limited';

    /** 431: The request headers are too large. Send fewer or shorter ones. */
    case HeadersTooLarge = 'headers_too_large';

    /** 500: Something failed on our side. Repeat the request; if it stays, look for the request id in the log. */
    case Internal = 'internal';

    /** 502: WhatsApp refused this. Try it on the phone: if it works there, repeat the request later. */
    case WhatsappRefused = 'whatsapp_refused';

    /** 503: The session's page did not answer in time. It is looked at; repeat the request in a moment. */
    case SessionUnavailable = 'session_unavailable';

    /** 503: The database takes nothing at the moment; `details.reason` says why. Free its disk, or end the program that holds it, and repeat the request: nothing was stored. */
    case StorageUnavailable = 'storage_unavailable';

    /** 503: The main application's database did not answer, so that it is not known who must be skipped. `details.reason` says why; check BACKEND_DB_URL and the names of its tables and columns. */
    case BackendDatabaseUnavailable = 'backend_database_unavailable';

    /** 503: The service is stopping. Repeat the request in a moment. */
    case ShuttingDown = 'shutting_down';

    /** @return class-string<WhatsAppApiException> */
    public function exception(): string
    {
        return match ($this) {
            self::InvalidRequest => InvalidRequestException::class,
            self::InvalidJson => InvalidJsonException::class,
            self::InvalidPhone => InvalidPhoneException::class,
            self::Unauthorized => UnauthorizedException::class,
            self::Forbidden => ForbiddenException::class,
            self::GroupForbidden => GroupForbiddenException::class,
            self::NotFound => NotFoundException::class,
            self::SessionNotFound => SessionNotFoundException::class,
            self::MessageNotFound => MessageNotFoundException::class,
            self::MessageWithoutMedia => MessageWithoutMediaException::class,
            self::MediaGone => MediaGoneException::class,
            self::MediaNotFound => MediaNotFoundException::class,
            self::KeyNotFound => KeyNotFoundException::class,
            self::SyncNotFound => SyncNotFoundException::class,
            self::ChatNotFound => ChatNotFoundException::class,
            self::EndpointNotFound => EndpointNotFoundException::class,
            self::DeliveryNotFound => DeliveryNotFoundException::class,
            self::RedeliveryNotFound => RedeliveryNotFoundException::class,
            self::GroupNotFound => GroupNotFoundException::class,
            self::BlastNotFound => BlastNotFoundException::class,
            self::RecipientNotFound => RecipientNotFoundException::class,
            self::ContactNotFound => ContactNotFoundException::class,
            self::StoredContactNotFound => StoredContactNotFoundException::class,
            self::ContactCheckNotFound => ContactCheckNotFoundException::class,
            self::OptOutNotFound => OptOutNotFoundException::class,
            self::MethodNotAllowed => MethodNotAllowedException::class,
            self::NotAcceptable => NotAcceptableException::class,
            self::RequestTimeout => RequestTimeoutException::class,
            self::SessionExists => SessionExistsException::class,
            self::SessionWrongState => SessionWrongStateException::class,
            self::SessionLimit => SessionLimitException::class,
            self::BackendNotSet => BackendNotSetException::class,
            self::BackendContactsNotSet => BackendContactsNotSetException::class,
            self::SyncRunning => SyncRunningException::class,
            self::EndpointGone => EndpointGoneException::class,
            self::IdempotencyKeyReused => IdempotencyKeyReusedException::class,
            self::OutcomeUnknown => OutcomeUnknownException::class,
            self::MessageNotSent => MessageNotSentException::class,
            self::MessageNotCancellable => MessageNotCancellableException::class,
            self::BlastWrongState => BlastWrongStateException::class,
            self::MediaInUse => MediaInUseException::class,
            self::LastAdminKey => LastAdminKeyException::class,
            self::PresetKey => PresetKeyException::class,
            self::PayloadTooLarge => PayloadTooLargeException::class,
            self::MediaTooLarge => MediaTooLargeException::class,
            self::UnsupportedMediaType => UnsupportedMediaTypeException::class,
            self::TableUnreadable => TableUnreadableException::class,
            self::MediaTypeNotAllowed => MediaTypeNotAllowedException::class,
            self::MediaUnreachable => MediaUnreachableException::class,
            self::MediaUrlNotAllowed => MediaUrlNotAllowedException::class,
            self::EndpointUrlNotAllowed => EndpointUrlNotAllowedException::class,
            self::RateLimited => RateLimitedException::class,
            self::HeadersTooLarge => HeadersTooLargeException::class,
            self::Internal => InternalException::class,
            self::WhatsappRefused => WhatsappRefusedException::class,
            self::SessionUnavailable => SessionUnavailableException::class,
            self::StorageUnavailable => StorageUnavailableException::class,
            self::BackendDatabaseUnavailable => BackendDatabaseUnavailableException::class,
            self::ShuttingDown => ShuttingDownException::class,
        };
    }

    /** The HTTP status that it comes with. */
    public function status(): int
    {
        return match ($this) {
            self::InvalidRequest, self::InvalidJson, self::InvalidPhone => 400,
            self::Unauthorized => 401,
            self::Forbidden, self::GroupForbidden => 403,
            self::NotFound, self::SessionNotFound, self::MessageNotFound, self::MessageWithoutMedia, self::MediaNotFound, self::KeyNotFound, self::SyncNotFound, self::ChatNotFound, self::EndpointNotFound, self::DeliveryNotFound, self::RedeliveryNotFound, self::GroupNotFound, self::BlastNotFound, self::RecipientNotFound, self::ContactNotFound, self::StoredContactNotFound, self::ContactCheckNotFound, self::OptOutNotFound => 404,
            self::MethodNotAllowed => 405,
            self::NotAcceptable => 406,
            self::RequestTimeout => 408,
            self::SessionExists, self::SessionWrongState, self::SessionLimit, self::BackendNotSet, self::BackendContactsNotSet, self::SyncRunning, self::EndpointGone, self::IdempotencyKeyReused, self::OutcomeUnknown, self::MessageNotSent, self::MessageNotCancellable, self::BlastWrongState, self::MediaInUse, self::LastAdminKey, self::PresetKey => 409,
            self::MediaGone => 410,
            self::PayloadTooLarge, self::MediaTooLarge => 413,
            self::UnsupportedMediaType => 415,
            self::TableUnreadable, self::MediaTypeNotAllowed, self::MediaUnreachable, self::MediaUrlNotAllowed, self::EndpointUrlNotAllowed => 422,
            self::RateLimited => 429,
            self::HeadersTooLarge => 431,
            self::Internal => 500,
            self::WhatsappRefused => 502,
            self::SessionUnavailable, self::StorageUnavailable, self::BackendDatabaseUnavailable, self::ShuttingDown => 503,
        };
    }
}
