<?php

declare(strict_types=1);

namespace WhatsAppBridge\Webhooks;

use Illuminate\Support\Arr;
use WhatsAppBridge\Support\Text;

/** One event of the bridge, as it came. Plain values, so that a queued listener gets all of it. */
final class Webhook
{
    /** @param array<string, mixed> $data */
    public function __construct(
        public readonly string $deliveryId,
        public readonly string $event,
        /** The same on every repeat: what to remember when something must not be done twice. */
        public readonly string $eventId,
        /** Counts per session, without a gap. */
        public readonly int $sequence,
        public readonly string $sessionId,
        public readonly ?string $workspaceId,
        /** ISO 8601: when this attempt was sent. */
        public readonly ?string $sentAt,
        public readonly array $data,
    ) {
    }

    /** @param array<string, mixed> $payload */
    public static function fromPayload(array $payload): self
    {
        return new self(
            $payload['delivery_id'],
            $payload['event'],
            $payload['event_id'],
            (int) $payload['sequence'],
            (string) $payload['session_id'],
            Text::optionalId($payload['workspace_id'] ?? null),
            is_string($payload['sent_at'] ?? null) ? $payload['sent_at'] : null,
            $payload['data'],
        );
    }

    /** A value of `data`, by its path with dots. */
    public function get(string $path, mixed $default = null): mixed
    {
        return Arr::get($this->data, $path, $default);
    }
}
