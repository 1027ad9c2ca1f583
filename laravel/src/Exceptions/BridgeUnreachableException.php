<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

use Throwable;

/** The bridge gave no answer, on every attempt that was safe. */
final class BridgeUnreachableException extends WhatsAppException
{
    public function __construct(
        string $url,
        /** False: it certainly did not take the last attempt. True: it may have; repeat it with the same idempotency key. */
        public readonly bool $mayHaveArrived,
        ?Throwable $previous = null,
    ) {
        parent::__construct("The WhatsApp bridge at {$url} ".($mayHaveArrived ? 'broke off or did not answer in time.' : 'cannot be reached. Is it running?'), 0, $previous);
    }
}
