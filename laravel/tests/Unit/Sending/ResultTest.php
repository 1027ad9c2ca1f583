<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Unit\Sending;

use LogicException;
use PHPUnit\Framework\TestCase;
use WhatsAppBridge\Results\Blast;
use WhatsAppBridge\Results\Message;
use WhatsAppBridge\Results\Result;

final class ResultTest extends TestCase
{
    public function test_a_field_is_read_both_ways_and_one_that_is_not_there_is_null(): void
    {
        $result = new Result(['name' => 'Budi', 'phone' => null]);
        self::assertSame(['Budi', 'Budi', null, null], [$result->name, $result['name'], $result->phone, $result['of_tomorrow']]);
        self::assertSame([true, false, false, true], [isset($result->name), isset($result->phone), isset($result['x']), isset($result['name'])]);
        self::assertSame('{"name":"Budi","phone":null}', json_encode($result));
        self::assertSame(json_encode($result), $result->toJson());
    }

    /** @dataProvider writes */
    public function test_nothing_is_written(callable $write): void
    {
        $this->expectException(LogicException::class);
        $write(new Result(['name' => 'Budi']));
    }

    /** @return iterable<array{callable}> */
    public static function writes(): iterable
    {
        yield [function (Result $result) { $result->name = 'Siti'; }];
        yield [function (Result $result) { $result['name'] = 'Siti'; }];
        yield [function (Result $result) { unset($result['name']); }];
    }

    /** @dataProvider states */
    public function test_what_a_state_means(string $state, bool $isPending, bool $isSent, bool $hasFailed): void
    {
        $message = new Message(['state' => $state]);
        self::assertSame([$isPending, $isSent, $hasFailed], [$message->isPending(), $message->isSent(), $message->hasFailed()]);
    }

    /** @return iterable<string, array{string, bool, bool, bool}> */
    public static function states(): iterable
    {
        foreach (['queued', 'sending'] as $state) {
            yield $state => [$state, true, false, false];
        }
        foreach (['sent', 'delivered', 'read', 'played'] as $state) {
            yield $state => [$state, false, true, false];
        }
        foreach (['failed', 'cancelled'] as $state) {
            yield $state => [$state, false, false, true];
        }
        // Nobody knows: neither sent nor failed.
        yield 'unknown' => ['unknown', false, false, false];
    }

    public function test_when_a_blast_is_over(): void
    {
        $over = array_filter(['DRAFT', 'SCHEDULED', 'RUNNING', 'PAUSED', 'STOPPED', 'COMPLETED', 'FAILED'], fn (string $state) => (new Blast(['state' => $state]))->isOver());
        self::assertSame(['STOPPED', 'COMPLETED', 'FAILED'], array_values($over));
    }
}
