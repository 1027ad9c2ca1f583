<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

/** What became of one attempt that brought no 2xx. */
final class Failure
{
    private function __construct(
        /** Null when there was no answer. */
        public readonly ?int $status,
        /** Whether the bridge may have begun to work on it. */
        public readonly bool $mayHaveBegun,
        /** Seconds that the bridge asked to wait. */
        public readonly ?int $retryAfter,
    ) {
    }

    public static function answered(int $status, ?int $retryAfter): self
    {
        return new self($status, ! in_array($status, [408, 429], true), $retryAfter);
    }

    /** The connection was refused, or never came about. */
    public static function notConnected(): self
    {
        return new self(null, false, null);
    }

    /** The connection broke off, or the time was up, after the request had been sent. */
    public static function brokenOff(): self
    {
        return new self(null, true, null);
    }
}
