<?php

declare(strict_types=1);

namespace WhatsAppBridge\Webhooks;

/**
 * Both signatures of the bridge, over the exact bytes of a body:
 *
 * - plain: `X-Webhook-Signature`, lowercase hex HMAC-SHA256(secret as it is written, body);
 * - Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`, which also cover the id and the time.
 *
 * All comparisons take constant time.
 */
final class SignatureVerifier
{
    private const KEY_PREFIX = 'whsec_';

    /** @var list<string> */
    private array $secrets;

    /** @param list<string|null> $secrets the current one, and the one before it during a rotation; empty ones do not count */
    public function __construct(array $secrets, private readonly int $toleranceSeconds = 300)
    {
        // An empty key would make a signature that anyone can make.
        $this->secrets = array_values(array_filter($secrets, fn (?string $secret): bool => $secret !== null && trim($secret) !== '' && self::standardKey($secret) !== ''));
    }

    public function hasSecret(): bool
    {
        return $this->secrets !== [];
    }

    /** @return string|null why the plain signature is refused; null: it is right */
    public function plainProblem(string $body, string $signature): ?string
    {
        if ($signature === '') {
            return 'X-Webhook-Signature is missing';
        }
        foreach ($this->secrets as $secret) {
            if (hash_equals(hash_hmac('sha256', $body, $secret), $signature)) {
                return null;
            }
        }

        return 'X-Webhook-Signature does not match';
    }

    /** @return string|null why the Standard Webhooks signature is refused; null: it is right, and made within the tolerance of `$now` (Unix seconds) */
    public function standardProblem(string $body, string $id, string $timestamp, string $signatures, int $now): ?string
    {
        if ($id === '' || $timestamp === '' || $signatures === '') {
            return 'webhook-id, webhook-timestamp or webhook-signature is missing';
        }
        // Only plain digits: what is compared with the clock must be exactly what was signed.
        if (preg_match('/^\d{1,15}$/D', $timestamp) !== 1) {
            return 'webhook-timestamp is no Unix time';
        }
        if (abs($now - (int) $timestamp) > $this->toleranceSeconds) {
            return 'webhook-timestamp is too far from the clock of this machine';
        }
        foreach ($this->secrets as $secret) {
            $expected = 'v1,'.base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", self::standardKey($secret), true));
            foreach (explode(' ', $signatures) as $given) {
                if (hash_equals($expected, $given)) {
                    return null;
                }
            }
        }

        return 'webhook-signature does not match';
    }

    /** A `whsec_` secret carries its key in base64; any other secret is its own key. Empty when it cannot be read. */
    private static function standardKey(string $secret): string
    {
        return str_starts_with($secret, self::KEY_PREFIX) ? (string) base64_decode(substr($secret, strlen(self::KEY_PREFIX)), true) : $secret;
    }
}
