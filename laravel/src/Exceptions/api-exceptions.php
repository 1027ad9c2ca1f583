<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

// Written by `npm run laravel:errors` from whatsapp-service/contracts/errors.ts. Do not edit it here.

/** 400: The body is not valid JSON in UTF-8. Send JSON with `Content-Type: application/json`. */
class InvalidJsonException extends InvalidRequestException
{
}

/** 400: This is not a phone number that can be dialled. Write it as +62812…, 0812… or a WhatsApp JID. */
class InvalidPhoneException extends InvalidRequestException
{
}

/** 403: This account may not do that in this group: it is no admin of it, or has left it. */
class GroupForbiddenException extends ForbiddenException
{
}

/** 404: There is no session with this id. Create it with POST /api/sessions. */
class SessionNotFoundException extends NotFoundException
{
}

/** 404: There is no message with this id. */
class MessageNotFoundException extends NotFoundException
{
}

/** 404: This message has no file. */
class MessageWithoutMediaException extends NotFoundException
{
}

/** 410: WhatsApp no longer has this file. The phone may: ask for the message to be sent again. */
class MediaGoneException extends InvalidRequestException
{
}

/** 404: There is no file with this id: it expired, was deleted, or never was. Upload it again with POST /api/media. */
class MediaNotFoundException extends NotFoundException
{
}

/** 404: There is no active API key with this id. GET /api/keys lists them. */
class KeyNotFoundException extends NotFoundException
{
}

/** 404: This session has no chat sync yet. Start one with POST /api/sessions/{id}/chats/sync. */
class SyncNotFoundException extends NotFoundException
{
}

/** 404: This account has no such chat. GET /api/sessions/{id}/chats lists them. */
class ChatNotFoundException extends NotFoundException
{
}

/** 404: There is no endpoint with this id. GET /api/webhooks/endpoints lists them. */
class EndpointNotFoundException extends NotFoundException
{
}

/** 404: There is no delivery with this id: it was deleted after its time, or never was. */
class DeliveryNotFoundException extends NotFoundException
{
}

/** 404: There is no redelivery with this id. It is kept for a week once it is over. */
class RedeliveryNotFoundException extends NotFoundException
{
}

/** 404: This account has no such group. GET /api/sessions/{id}/chats?type=group lists them. */
class GroupNotFoundException extends NotFoundException
{
}

/** 404: There is no blast with this id. GET /api/whatsapp/blast/jobs lists them. */
class BlastNotFoundException extends NotFoundException
{
}

/** 404: This blast has no recipient with this id. GET /api/whatsapp/blast/{id}/recipients lists them. */
class RecipientNotFoundException extends NotFoundException
{
}

/** 404: WhatsApp knows nobody with this number or JID. */
class ContactNotFoundException extends NotFoundException
{
}

/** 404: There is no contact with this number in this workspace. GET /api/contacts lists them. */
class StoredContactNotFoundException extends NotFoundException
{
}

/** 404: No check of contacts has been begun in this workspace. Begin one with POST /api/contacts/check. */
class ContactCheckNotFoundException extends NotFoundException
{
}

/** 404: This person is not on the opt-out list of this workspace. GET /api/opt-outs lists it. */
class OptOutNotFoundException extends NotFoundException
{
}

/** 405: This path does not take this method. `details.allow` lists what it takes. */
class MethodNotAllowedException extends InvalidRequestException
{
}

/** 406: None of the types in `Accept` can be answered here. `details.produces` lists what can. */
class NotAcceptableException extends InvalidRequestException
{
}

/** 408: The request did not arrive in time. Send it again, without a pause. */
class RequestTimeoutException extends InvalidRequestException
{
}

/** 409: A session with this id exists already. Use it, or delete it first. */
class SessionExistsException extends ConflictException
{
}

/** 409: The session is not in a state that allows this. `details.state` says which it is in and why. */
class SessionWrongStateException extends ConflictException
{
}

/** 409: As many sessions run as SESSION_MAX_RUNNING allows. `details` says how many; stop another one, or raise the setting. */
class SessionLimitException extends ConflictException
{
}

/** 409: The service has no backend to send to. Set BACKEND_URL and WEBHOOK_SECRET, and restart it. */
class BackendNotSetException extends ConflictException
{
}

/** 409: The service does not read the main application's contacts. Set BACKEND_DB_URL and CONTACT_TABLE, and restart it. */
class BackendContactsNotSetException extends ConflictException
{
}

/** 409: A chat sync of this session runs already. `details.sync` shows it. */
class SyncRunningException extends ConflictException
{
}

/** 409: The endpoint of this delivery was deleted: there is nowhere to send it. */
class EndpointGoneException extends ConflictException
{
}

/** 409: This Idempotency-Key was used with another body. Use a new key for a new message. */
class IdempotencyKeyReusedException extends ConflictException
{
}

/** 409: An earlier request with this Idempotency-Key broke off, and whether WhatsApp did it is not known. Look for the result; if there is none, repeat it with a new key. */
class OutcomeUnknownException extends ConflictException
{
}

/** 409: The message that this one is about has not gone out yet. Cancel it, or wait until it is sent. */
class MessageNotSentException extends ConflictException
{
}

/** 409: Only a queued message can be cancelled. `details.state` says where this one is; delete it for everyone instead. */
class MessageNotCancellableException extends ConflictException
{
}

/** 409: The blast is not in a state that allows this. `details.state` says which it is in. */
class BlastWrongStateException extends ConflictException
{
}

/** 409: A message that has not gone out yet needs this file. Cancel the message, or leave the file: it expires by itself. */
class MediaInUseException extends ConflictException
{
}

/** 409: This is the last API key that may do everything. Make another one before you revoke it. */
class LastAdminKeyException extends ConflictException
{
}

/** 409: This API key comes from the setting ADMIN_API_KEY. Change or empty the setting and restart the service. */
class PresetKeyException extends ConflictException
{
}

/** 413: The body is too large. `details.limit_bytes` says how much is taken; the setting HTTP_BODY_LIMIT_KB raises it. */
class PayloadTooLargeException extends InvalidRequestException
{
}

/** 413: The file is too large. `details.limit_bytes` says how much is taken; the setting MEDIA_MAX_MB raises it, INBOUND_MEDIA_MAX_MB for files that came in, CONTACT_IMPORT_MAX_MB for contacts, BLAST_UPLOAD_MAX_MB for recipients. */
class MediaTooLargeException extends InvalidRequestException
{
}

/** 415: This content type, charset or encoding is not taken here. Send `application/json` in UTF-8. */
class UnsupportedMediaTypeException extends InvalidRequestException
{
}

/** 422: This file cannot be read as a table. `details.reason` and `details.message` say why and what to do, `details.line` where it is known in which line. */
class TableUnreadableException extends InvalidRequestException
{
}

/** 422: WhatsApp does not take this type of file as this kind of message. `details` names both; convert the file, or send it as a document. */
class MediaTypeNotAllowedException extends InvalidRequestException
{
}

/** 422: The file could not be fetched from its URL. `details.reason` says why; mend it there, or upload the file instead. */
class MediaUnreachableException extends InvalidRequestException
{
}

/** 422: This URL may not be fetched. Give a public http or https URL without a user name or password, or list its host in MEDIA_ALLOWED_HOSTS. */
class MediaUrlNotAllowedException extends InvalidRequestException
{
}

/** 422: This URL may not be an endpoint: its address is private. Give a public one, or list its host in WEBHOOK_ALLOWED_HOSTS. */
class EndpointUrlNotAllowedException extends InvalidRequestException
{
}

/** 431: The request headers are too large. Send fewer or shorter ones. */
class HeadersTooLargeException extends InvalidRequestException
{
}

/** 500: Something failed on our side. Repeat the request; if it stays, look for the request id in the log. */
class InternalException extends BridgeFailedException
{
}

/** 502: WhatsApp refused this. Try it on the phone: if it works there, repeat the request later. */
class WhatsappRefusedException extends BridgeFailedException
{
}

/** 503: The session's page did not answer in time. It is looked at; repeat the request in a moment. */
class SessionUnavailableException extends UnavailableException
{
}

/** 503: The database takes nothing at the moment; `details.reason` says why. Free its disk, or end the program that holds it, and repeat the request: nothing was stored. */
class StorageUnavailableException extends UnavailableException
{
}

/** 503: The main application's database did not answer, so that it is not known who must be skipped. `details.reason` says why; check BACKEND_DB_URL and the names of its tables and columns. */
class BackendDatabaseUnavailableException extends UnavailableException
{
}

/** 503: The service is stopping. Repeat the request in a moment. */
class ShuttingDownException extends UnavailableException
{
}
