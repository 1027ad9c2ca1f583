<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

/** What a request may do when nobody knows whether it arrived. */
enum RetrySafety
{
    /** It changes nothing, or carries an idempotency key: it may be repeated whatever happened. */
    case Repeatable;

    /** It may be repeated only when it certainly did not begin. */
    case UnlessBegun;
}
