<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** 409: the state of things does not allow it now. */
class ConflictException extends WhatsAppApiException
{
}
