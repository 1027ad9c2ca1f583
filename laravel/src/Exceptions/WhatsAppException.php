<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

use RuntimeException;

/** Whatever this package throws. */
class WhatsAppException extends RuntimeException
{
}
