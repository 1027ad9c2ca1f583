<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

/** A 2xx answer of the bridge. */
final class BridgeAnswer
{
    public function __construct(
        public readonly int $status,
        public readonly string $body,
        public readonly string $contentType = 'application/json',
    ) {
    }

    /** @return array<string, mixed> */
    public function json(): array
    {
        $decoded = json_decode($this->body, true);

        return is_array($decoded) ? $decoded : [];
    }
}
