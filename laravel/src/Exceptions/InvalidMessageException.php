<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** What was to be sent cannot be, such as a file that is not there; nothing was sent. */
final class InvalidMessageException extends WhatsAppException
{
}
