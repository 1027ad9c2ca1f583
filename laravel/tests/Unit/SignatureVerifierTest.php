<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Unit;

use PHPUnit\Framework\TestCase;
use WhatsAppBridge\Webhooks\SignatureVerifier;

/** The vectors that the bridge's own tests check, too. */
final class SignatureVerifierTest extends TestCase
{
    private const VECTORS = __DIR__.'/../../../tests/contract/signature-vectors.json';

    /** @return iterable<string, array{array<string, mixed>}> */
    public function vectors(): iterable
    {
        foreach (json_decode((string) file_get_contents(self::VECTORS), true, 512, JSON_THROW_ON_ERROR)['vectors'] as $vector) {
            yield $vector['name'] => [$vector];
        }
    }

    /**
     * @dataProvider vectors
     * @param array<string, mixed> $vector
     */
    public function test_takes_what_the_bridge_signs(array $vector): void
    {
        $body = base64_decode($vector['body_base64'], true);
        self::assertNull((new SignatureVerifier([$vector['secrets'][0]]))->plainProblem($body, $vector['expected_plain']));
        foreach ($vector['secrets'] as $secret) {
            $verifier = new SignatureVerifier([$secret]);
            $check = fn (string $bytes, string $id, int $timestamp, int $now): ?string => $verifier->standardProblem($bytes, $id, (string) $timestamp, $vector['expected_standard'], $now);
            $time = $vector['timestamp'];
            self::assertNull($check($body, $vector['delivery_id'], $time, $time + 300));
            self::assertNull($check($body, $vector['delivery_id'], $time, $time - 300));
            self::assertNotNull($check($body, $vector['delivery_id'], $time, $time + 301));
            self::assertNotNull($check($body, $vector['delivery_id'], $time, $time - 301));
            self::assertNotNull($check($body.' ', $vector['delivery_id'], $time, $time));
            self::assertNotNull($check($body, $vector['delivery_id'].'x', $time, $time));
            self::assertNotNull($check($body, $vector['delivery_id'], $time + 1, $time));
        }
    }

    /**
     * As `DefaultSignatureValidator` of spatie/laravel-webhook-client does it.
     *
     * @dataProvider vectors
     * @param array<string, mixed> $vector
     */
    public function test_the_plain_signature_is_a_bare_hmac_of_the_body(array $vector): void
    {
        self::assertTrue(hash_equals(hash_hmac('sha256', base64_decode($vector['body_base64'], true), $vector['secrets'][0]), $vector['expected_plain']));
    }

    /**
     * @dataProvider vectors
     * @param array<string, mixed> $vector
     */
    public function test_refuses_another_secret(array $vector): void
    {
        $body = base64_decode($vector['body_base64'], true);
        $stranger = new SignatureVerifier(['0000000000000000000000000000000000000000']);
        self::assertSame('X-Webhook-Signature does not match', $stranger->plainProblem($body, $vector['expected_plain']));
        self::assertSame('webhook-signature does not match', $stranger->standardProblem($body, $vector['delivery_id'], (string) $vector['timestamp'], $vector['expected_standard'], $vector['timestamp']));
    }

    public function test_during_a_rotation_either_secret_is_enough(): void
    {
        $verifier = new SignatureVerifier(['new-secret', 'old-secret']);
        foreach (['new-secret', 'old-secret'] as $secret) {
            self::assertNull($verifier->plainProblem('{}', hash_hmac('sha256', '{}', $secret)));
        }
    }

    /** @return list<array{list<string|null>}> */
    public function noSecrets(): array
    {
        return [[[]], [[null]], [['']], [['  ', null]], [['whsec_']], [['whsec_not base64!']]];
    }

    /**
     * @dataProvider noSecrets
     * @param list<string|null> $secrets
     */
    public function test_an_empty_secret_is_none(array $secrets): void
    {
        $verifier = new SignatureVerifier($secrets);
        self::assertFalse($verifier->hasSecret());
        self::assertNotNull($verifier->plainProblem('{}', hash_hmac('sha256', '{}', '')));
    }

    /** @return list<array{string}> */
    public function badTimes(): array
    {
        return [[''], ['-5'], ['1e9'], [' 1700000000'], ["1700000000\n"], ['1700000000.0'], ['0x10'], [str_repeat('9', 16)]];
    }

    /** @dataProvider badTimes */
    public function test_only_plain_digits_are_a_time(string $timestamp): void
    {
        $signature = 'v1,'.base64_encode(hash_hmac('sha256', "id.$timestamp.{}", 'secret', true));
        self::assertNotNull((new SignatureVerifier(['secret'], PHP_INT_MAX))->standardProblem('{}', 'id', $timestamp, $signature, 1_700_000_000));
    }
}
