<?php

declare(strict_types=1);

namespace WhatsAppBridge\Testing;

use WhatsAppBridge\Client\BridgeRequest;
use WhatsAppBridge\Support\PhoneNumber;

/** A message that the fake was given. */
final class SentMessage
{
    public readonly string $type;

    public readonly string $session;

    public readonly ?string $to;

    public readonly ?string $text;

    public readonly ?string $idempotencyKey;

    /** @var array<string, mixed> as the API names them */
    public readonly array $body;

    public function __construct(BridgeRequest $request)
    {
        $this->body = $request->body;
        $this->type = (string) ($request->body['type'] ?? 'text');
        $this->session = (string) ($request->body['session_id'] ?? '');
        $this->to = $request->body['to'] ?? null;
        $this->text = $request->body['text'] ?? $request->body['caption'] ?? null;
        $this->idempotencyKey = $request->idempotencyKey;
    }

    /** In whatever spelling: `0812-…`, `+62 812…` and `62812…@c.us` are one number. */
    public function isTo(string|int $to): bool
    {
        return $this->to !== null && self::key($this->to) === self::key((string) $to);
    }

    private static function key(string $address): string
    {
        if (str_ends_with($address, '@g.us') || str_ends_with($address, '@lid')) {
            return $address;
        }
        $phone = (string) preg_replace('/@.*$/', '', $address);
        // A JID begins with the country's code, without its `+`.
        $asTyped = $phone === $address ? $phone : '+'.$phone;

        return PhoneNumber::format($asTyped) ?? $asTyped;
    }
}
