<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Unit\Sending;

use PHPUnit\Framework\TestCase;
use WhatsAppBridge\Client\Failure;
use WhatsAppBridge\Client\RetryPolicy;
use WhatsAppBridge\Client\RetrySafety;

final class RetryPolicyTest extends TestCase
{
    /** @dataProvider failures */
    public function test_it_repeats_only_what_is_safe_and_can_be_mended(Failure $failure, RetrySafety $safety, int $attempt, ?int $pauseMs): void
    {
        self::assertSame($pauseMs, (new RetryPolicy(attempts: 4, baseMs: 250, longestWaitMs: 20_000))->pauseMs($attempt, $failure, $safety));
    }

    /** @return iterable<string, array{Failure, RetrySafety, int, int|null}> */
    public static function failures(): iterable
    {
        $always = RetrySafety::Repeatable;
        $careful = RetrySafety::UnlessBegun;

        yield 'refused connection' => [Failure::notConnected(), $careful, 1, 250];
        yield 'refused connection, the pause doubles' => [Failure::notConnected(), $careful, 3, 1000];
        yield 'no attempts left' => [Failure::notConnected(), $always, 4, null];
        yield 'broken connection, with a key' => [Failure::brokenOff(), $always, 1, 250];
        yield 'broken connection, without a key' => [Failure::brokenOff(), $careful, 1, null];
        yield '503 with a key' => [Failure::answered(503, null), $always, 2, 500];
        yield '503 without a key' => [Failure::answered(503, null), $careful, 1, null];
        yield '429 says how long' => [Failure::answered(429, 7), $careful, 1, 7000];
        yield '429 asks for longer than a caller waits' => [Failure::answered(429, 21), $always, 1, null];
        yield '429 without a time' => [Failure::answered(429, null), $always, 1, 250];
        yield '408: it did not arrive' => [Failure::answered(408, null), $careful, 1, 250];
        yield '409 stays' => [Failure::answered(409, null), $always, 1, null];
        yield '400 stays' => [Failure::answered(400, null), $always, 1, null];
        yield '500 stays' => [Failure::answered(500, null), $always, 1, null];
        yield '502 stays' => [Failure::answered(502, null), $always, 1, null];
    }
}
