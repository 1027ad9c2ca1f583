<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** 400, 405, 406, 408, 413, 415, 422, 431: the request is not one that the bridge takes. `details` says what is wrong. */
class InvalidRequestException extends WhatsAppApiException
{
}
