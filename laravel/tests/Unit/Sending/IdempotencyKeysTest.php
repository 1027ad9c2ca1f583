<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Unit\Sending;

use PHPUnit\Framework\TestCase;
use WhatsAppBridge\Client\IdempotencyKeys;

final class IdempotencyKeysTest extends TestCase
{
    public function test_outside_a_job_each_call_has_its_own(): void
    {
        $keys = new IdempotencyKeys;
        self::assertNotSame($keys->next(fn () => 'halo'), $keys->next(fn () => 'halo'));
    }

    public function test_a_job_that_is_tried_again_has_the_same_keys_whatever_it_left_out(): void
    {
        $keys = new IdempotencyKeys;
        $keys->jobBegins('uuid-1');
        $first = [$keys->next(fn () => 'a'), $keys->next(fn () => 'a'), $keys->next(fn () => 'b')];
        $keys->jobEnds();
        $keys->jobBegins('uuid-1');
        $again = ['b' => $keys->next(fn () => 'b'), 'a' => $keys->next(fn () => 'a')];
        $keys->jobEnds();

        self::assertCount(3, array_unique($first));
        self::assertSame($first[2], $again['b']);
        self::assertSame($first[0], $again['a']);
    }

    public function test_another_job_has_others_and_jobs_within_jobs_do_not_mix(): void
    {
        $keys = new IdempotencyKeys;
        $keys->jobBegins('outer');
        $outer = $keys->next(fn () => 'a');
        $keys->jobBegins('inner');
        $inner = $keys->next(fn () => 'a');
        $keys->jobEnds();
        $second = $keys->next(fn () => 'a');
        $keys->jobEnds();

        self::assertStringContainsString('outer', $outer);
        self::assertStringContainsString('inner', $inner);
        self::assertStringContainsString('outer', $second);
        self::assertCount(3, array_unique([$outer, $inner, $second]));
    }

    public function test_a_key_is_one_that_the_bridge_takes(): void
    {
        $keys = new IdempotencyKeys;
        $keys->jobBegins('0b8e0f5e-6f5e-4c2c-9f3a-0a1b2c3d4e5f');
        self::assertMatchesRegularExpression('/^[\x21-\x7e]{1,255}$/', $keys->next(fn () => 'émoji 🛒'));
    }
}
