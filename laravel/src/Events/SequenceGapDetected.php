<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** Events with these numbers have not come, though their successor is minutes old. */
final class SequenceGapDetected
{
    public function __construct(public readonly string $sessionId, public readonly int $from, public readonly int $to)
    {
    }
}
