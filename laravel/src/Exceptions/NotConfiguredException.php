<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** A setting is missing or wrong; nothing was sent. */
final class NotConfiguredException extends WhatsAppException
{
}
