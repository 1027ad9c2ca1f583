<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Database\Eloquent\Builder;
use Illuminate\Foundation\Testing\RefreshDatabaseState;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Schema;
use Illuminate\Support\Str;
use WhatsAppBridge\Services\ChatService;

/** How the database goes about a long list. Its statistics count only what is committed. */
final class ChatListPlanTest extends ReceivingTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->artisan('migrate:fresh');
    }

    protected function tearDown(): void
    {
        // The next test makes its tables anew.
        Schema::dropAllTables();
        RefreshDatabaseState::$migrated = false;
        parent::tearDown();
    }

    public function test_10_000_chats_are_found_by_index_in_two_queries(): void
    {
        $this->deliver(self::SYNC, $this->batch([$this->chat(1)]))->assertStatus(202);
        $template = array_diff_key((array) DB::table('chats')->first(), ['id' => true]);
        foreach (array_chunk(range(2, 10_000), 400) as $numbers) {
            DB::table('chats')->insert(array_map(fn (int $n): array => ['uuid' => (string) Str::uuid(), 'chat_jid' => "62811$n@c.us", 'last_message_at' => date('Y-m-d H:i:s', 1_700_000_000 + $n)] + $template, $numbers));
        }
        if (DB::getDriverName() === 'mysql') {
            DB::statement('analyze table chats');
        }
        $service = new ChatService;
        $request = Request::create('/chats');
        $request->attributes->set('workspace_id', 7);
        foreach ([null, 'sales'] as $session) {
            DB::flushQueryLog();
            DB::enableQueryLog();
            $started = microtime(true);
            $page = $service->getChatList($request, null, null, $session);
            $milliseconds = (microtime(true) - $started) * 1000;
            DB::disableQueryLog();
            fwrite(STDERR, sprintf("\n%s, 10,000 chats, 50 a page%s: %.0f ms\n", DB::getDriverName(), $session ? ', one session' : '', $milliseconds));
            self::assertSame([10_000, 50], [$page->total(), count($page->items())]);
            // Finding a session by its name is one more.
            self::assertCount($session === null ? 2 : 3, DB::getQueryLog());
            $this->assertIndexServes($service->listQuery(7, null, $session)->limit(50), $session === null ? 'whatsapp_chats_recent_index' : 'whatsapp_chats_session_recent_index');
        }
    }

    private function assertIndexServes(Builder $query, string $index): void
    {
        if (DB::getDriverName() === 'pgsql') {
            // Its planner reads ten thousand rows as fast as an index.
            return;
        }
        $sqlite = DB::getDriverName() === 'sqlite';
        $plan = DB::select(($sqlite ? 'explain query plan ' : 'explain ').$query->toSql(), $query->getBindings());
        if ($sqlite) {
            $steps = array_column($plan, 'detail');
            self::assertStringContainsString("USING INDEX $index", implode("\n", $steps));
            self::assertStringNotContainsString('TEMP B-TREE FOR ORDER BY', implode("\n", $steps));
            self::assertSame([], preg_grep('/^SCAN/', $steps));

            return;
        }
        $chats = array_values(array_filter($plan, fn (object $row): bool => $row->table === 'chats'))[0];
        // Here one session has all chats of the workspace, so that either index is right.
        self::assertContains($chats->key, [$index, 'whatsapp_chats_recent_index']);
        self::assertStringNotContainsString('filesort', (string) $chats->Extra);
    }
}
