<?php

declare(strict_types=1);

/**
 * Both signatures, written in PHP from their description alone. Plain PHP 8.1 without extensions beyond the standard
 * ones, so that it runs wherever `php` does.
 */

const TIMESTAMP_TOLERANCE_SECONDS = 300;

function plain_signature(string $secret, string $rawBody): string
{
    return hash_hmac('sha256', $rawBody, $secret);
}

/** @throws InvalidArgumentException when a whsec_ secret is not base64 */
function standard_signature(string $secret, string $deliveryId, string $timestamp, string $rawBody): string
{
    $key = $secret;
    if (str_starts_with($secret, 'whsec_')) {
        $key = base64_decode(substr($secret, 6), true);
        if ($key === false) {
            throw new InvalidArgumentException('The part after whsec_ is not base64.');
        }
    }

    return 'v1,'.base64_encode(hash_hmac('sha256', "$deliveryId.$timestamp.$rawBody", $key, true));
}

/** @param list<string> $secrets */
function plain_is_valid(array $secrets, string $rawBody, string $signature): bool
{
    foreach ($secrets as $secret) {
        if (hash_equals(plain_signature($secret, $rawBody), $signature)) {
            return true;
        }
    }

    return false;
}

/**
 * @param list<string> $secrets
 * @param array{id: string, timestamp: string, signature: string} $headers
 */
function standard_is_valid(array $secrets, string $rawBody, array $headers, int $now): bool
{
    if ($headers['id'] === '' || ! ctype_digit($headers['timestamp'])) {
        return false;
    }
    if (abs($now - (int) $headers['timestamp']) > TIMESTAMP_TOLERANCE_SECONDS) {
        return false;
    }
    foreach ($secrets as $secret) {
        $expected = standard_signature($secret, $headers['id'], $headers['timestamp'], $rawBody);
        foreach (explode(' ', $headers['signature']) as $given) {
            if (hash_equals($expected, $given)) {
                return true;
            }
        }
    }

    return false;
}
