<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** 429: too many requests. `retryAfter` says how many seconds to wait. */
class RateLimitedException extends WhatsAppApiException
{
}
