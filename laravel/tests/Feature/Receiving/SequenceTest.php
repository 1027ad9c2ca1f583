<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Event;
use WhatsAppBridge\Events\SequenceGapDetected;

final class SequenceTest extends ReceivingTestCase
{
    use RefreshDatabase;

    protected function setUp(): void
    {
        parent::setUp();
        Event::fake([SequenceGapDetected::class]);
    }

    private function come(int ...$numbers): void
    {
        foreach ($numbers as $number) {
            $this->deliver(self::WEBHOOK, $this->webhook('call', [], ['sequence' => $number]))->assertStatus(202);
        }
    }

    /** @return list<array{int, int}> */
    private function gaps(): array
    {
        return Event::dispatched(SequenceGapDetected::class)->map(fn (array $call): array => [$call[0]->from, $call[0]->to])->values()->all();
    }

    public function test_chats_run_beside_one_another_so_that_a_late_number_is_no_gap(): void
    {
        $this->come(1, 2, 5, 4);
        $this->travel(2)->minutes();
        $this->come(3, 6);
        $this->travel(20)->minutes();
        $this->come(7);
        self::assertSame([], $this->gaps());
    }

    public function test_what_does_not_come_is_reported_once(): void
    {
        $this->come(1, 2, 5, 6, 9);
        $this->travel(6)->minutes();
        $this->come(10);
        $this->travel(6)->minutes();
        $this->come(11);
        self::assertSame([[3, 4], [7, 8]], $this->gaps());
        self::assertTrue($this->packageLog()->hasWarningThatContains('Events of a session are missing'));
    }

    public function test_an_application_that_joins_later_misses_nothing_before_it(): void
    {
        $this->come(4000, 4001);
        $this->travel(6)->minutes();
        $this->come(4002);
        self::assertSame([], $this->gaps());
    }

    public function test_a_session_that_was_made_anew_counts_anew(): void
    {
        $this->come(500, 501);
        $this->travel(10)->minutes();
        $this->come(1, 2, 4);
        $this->travel(6)->minutes();
        $this->come(5);
        self::assertSame([[3, 3]], $this->gaps());
    }
}
