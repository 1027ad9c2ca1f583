<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** 403: the key, or the WhatsApp account, may not do that. */
class ForbiddenException extends WhatsAppApiException
{
}
