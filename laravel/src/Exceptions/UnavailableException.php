<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** 503: not at this moment; try again soon. */
class UnavailableException extends WhatsAppApiException
{
}
