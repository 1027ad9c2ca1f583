<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Queue;
use Throwable;
use WhatsAppBridge\Events\ChatSyncFailed;
use WhatsAppBridge\Events\WhatsAppChatSynced;
use WhatsAppBridge\Inbound\InvalidPayload;
use WhatsAppBridge\Jobs\WhatsAppChatSyncJob;
use WhatsAppBridge\Models\Chat;
use WhatsAppBridge\Models\Contact;
use WhatsAppBridge\Models\WhatsAppDelivery;
use WhatsAppBridge\Models\WhatsAppGroup;
use WhatsAppBridge\Models\WhatsAppSession;

final class ChatSyncTest extends ReceivingTestCase
{
    use RefreshDatabase;

    public function test_queues_a_batch_once_and_knows_a_repeat(): void
    {
        Queue::fake();
        $batch = $this->batch([$this->chat(1)]);
        $this->deliver(self::SYNC, $batch)->assertStatus(202)->assertExactJson(['status' => 'accepted']);
        $this->deliver(self::SYNC, $batch)->assertStatus(202)->assertExactJson(['status' => 'duplicate']);
        Queue::assertPushed(WhatsAppChatSyncJob::class, 1);
        self::assertSame(1, WhatsAppDelivery::where('delivery_id', $batch['delivery_id'])->count());
    }

    public function test_the_job_has_the_limits_of_a_long_one(): void
    {
        $job = new WhatsAppChatSyncJob($this->batch([]));
        self::assertSame([300, 3, [10, 40]], [$job->timeout, $job->tries, $job->backoff()]);
    }

    public function test_stores_private_chats_and_groups_as_they_are(): void
    {
        Event::fake([WhatsAppChatSynced::class]);
        $this->deliver(self::SYNC, $this->batch(array_map([$this, 'chat'], range(1, 50)), ['batch' => ['number' => 2, 'last' => true]]))->assertStatus(202);
        self::assertSame([50, 16, 34], [Chat::count(), WhatsAppGroup::count(), Contact::count()]);

        $private = Chat::where('chat_jid', '6281200000010@c.us')->firstOrFail();
        self::assertSame(['private', 'webjs', 'Chat 🛒 10', '+6281200000010', true, 'Pesan 10'], [$private->chat_type, $private->provider_type, $private->name, $private->phone, $private->pinned, $private->last_message]);
        self::assertSame('2026-11-25 10:10:00', $private->last_message_at->format('Y-m-d H:i:s'));
        self::assertSame(['+6281200000010', '7'], [$private->contact->phone, (string) $private->contact->workspace_id]);

        $group = Chat::where('chat_jid', '120363000000003@g.us')->firstOrFail();
        self::assertSame(['group', null, null], [$group->chat_type, $group->phone, $group->contact_id]);
        self::assertSame([1, [['jid' => '628111@c.us', 'phone' => '+628111', 'is_admin' => true]]], [$group->group->participants_count, $group->group->participants]);
        self::assertSame(['sales', '7'], [$group->session->session_id, (string) $group->session->workspace_id]);
        self::assertSame(1, $group->group->chats()->count());

        Event::assertDispatched(fn (WhatsAppChatSynced $event): bool => count($event->chatIds) === 50 && count($event->newChats) === 50 && $event->isLast && $event->batch === 2);
    }

    public function test_a_second_sync_changes_rows_and_makes_none(): void
    {
        $chats = array_map([$this, 'chat'], range(1, 20));
        $this->deliver(self::SYNC, $this->batch($chats));
        $before = Chat::orderBy('id')->pluck('uuid', 'id')->all();
        Contact::where('phone', '+6281200000001')->update(['name' => 'Nama dari toko']);
        $chats[0]['name'] = 'Budi yang baru';
        $chats[2]['group']['participants'][] = ['jid' => '628222@c.us', 'phone' => null, 'is_admin' => false];
        $chats[2]['group']['participants_count'] = 2;
        $this->deliver(self::SYNC, $this->batch($chats));

        self::assertSame($before, Chat::orderBy('id')->pluck('uuid', 'id')->all());
        self::assertSame('Budi yang baru', Chat::where('chat_jid', '6281200000001@c.us')->value('name'));
        self::assertSame('Nama dari toko', Contact::where('phone', '+6281200000001')->value('name'));
        self::assertSame(2, WhatsAppGroup::where('group_jid', '120363000000003@g.us')->firstOrFail()->participants_count);
    }

    public function test_columns_of_the_application_get_its_default_once(): void
    {
        $ticket = new class extends Chat
        {
            /** @var array<string, mixed> */
            protected $attributes = ['lid' => 'open'];
        };
        config(['whatsapp.models.chats' => $ticket::class]);
        $this->deliver(self::SYNC, $this->batch([$this->chat(1)]));
        self::assertSame('open', Chat::firstOrFail()->lid);
        Chat::query()->update(['lid' => 'closed']);
        $this->deliver(self::SYNC, $this->batch([$this->chat(1)]));
        self::assertSame('closed', Chat::firstOrFail()->lid);
    }

    public function test_the_same_person_in_two_workspaces_is_two_contacts_and_in_two_sessions_of_one_is_one(): void
    {
        foreach ([['sales', 7], ['support', 7], ['other', 8], ['alone', null], ['alone-too', null]] as [$session, $workspace]) {
            $this->deliver(self::SYNC, $this->batch([$this->chat(1)], ['session_id' => $session, 'workspace_id' => $workspace]))->assertStatus(202);
        }
        self::assertSame(5, Chat::count());
        self::assertSame(['7', '8', null], Contact::orderBy('id')->pluck('workspace_id')->map(fn ($id) => $id === null ? null : (string) $id)->all());
    }

    public function test_a_sync_does_not_take_back_what_a_message_brought_later(): void
    {
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1')));
        $this->deliver(self::SYNC, $this->batch([$this->chat(1, ['chat_id' => '6281234567890@c.us', 'unread_count' => 0, 'pinned' => true])]));
        $chat = Chat::firstOrFail();
        self::assertSame(['2026-11-26 08:00:00', 1, true], [$chat->last_message_at->format('Y-m-d H:i:s'), $chat->unread_count, $chat->pinned]);
    }

    public function test_one_bad_chat_fails_its_own_ten_and_the_job_is_failed_with_a_trace_in_the_session(): void
    {
        Event::fake([ChatSyncFailed::class, WhatsAppChatSynced::class]);
        $chats = array_map([$this, 'chat'], range(1, 35));
        $chats[12]['chat_type'] = 'channel';
        $batch = $this->batch($chats, ['batch' => ['number' => 4, 'last' => false]]);
        $job = new WhatsAppChatSyncJob($batch);
        try {
            app()->call([$job, 'handle']);
            self::fail('The job should have failed.');
        } catch (InvalidPayload $failure) {
            $job->failed($failure);
        }
        self::assertSame(25, Chat::count());
        self::assertFalse(Chat::where('chat_jid', '6281200000011@c.us')->exists());
        self::assertTrue(Chat::where('chat_jid', '6281200000035@c.us')->exists());
        Event::assertDispatched(fn (ChatSyncFailed $event): bool => [$event->batch, $event->syncId, $event->error] === [4, 'syn_1', 'chat_type must be private or group']);
        $metadata = WhatsAppSession::firstOrFail()->metadata;
        self::assertSame(['failed', 'chat_type must be private or group', 4], [$metadata['sync_status'], $metadata['last_error'], $metadata['failed_batch']]);
        $record = array_values(array_filter($this->packageLog()->getRecords(), fn ($record): bool => $record['level_name'] === 'ERROR'))[0];
        self::assertSame(['sales', 'syn_1', 4, $batch['delivery_id']], [$record['context']['session'], $record['context']['sync'], $record['context']['batch'], $record['context']['delivery']]);

        // The bridge says afterwards that it has sent everything; that does not hide it.
        $this->deliver(self::WEBHOOK, $this->webhook('chats.sync.completed', ['sync_id' => 'syn_1', 'total' => 35]));
        self::assertSame('failed', WhatsAppSession::firstOrFail()->metadata['sync_status']);
    }

    public function test_the_metadata_of_the_application_stay(): void
    {
        $this->deliver(self::WEBHOOK, $this->webhook('chats.sync.started', ['sync_id' => 'syn_9', 'total' => 3]));
        WhatsAppSession::firstOrFail()->mergeMetadata(['colour' => 'green']);
        $this->deliver(self::WEBHOOK, $this->webhook('chats.sync.completed', ['sync_id' => 'syn_9', 'total' => 3, 'synced' => 3]));
        self::assertSame(['green', 'completed', 3], [...array_values(array_intersect_key(WhatsAppSession::firstOrFail()->metadata, ['colour' => 1])), WhatsAppSession::firstOrFail()->metadata['sync_status'], WhatsAppSession::firstOrFail()->metadata['sync_totals']['synced']]);
    }

    public function test_a_batch_that_could_not_be_queued_is_taken_when_it_comes_again(): void
    {
        config(['queue.connections.broken' => ['driver' => 'out of order'], 'whatsapp.queue.connection' => 'broken']);
        $batch = $this->batch([$this->chat(1)]);
        $this->deliver(self::SYNC, $batch)->assertStatus(500);
        config(['whatsapp.queue.connection' => 'sync']);
        $this->deliver(self::SYNC, $batch)->assertStatus(202)->assertExactJson(['status' => 'accepted']);
        self::assertSame(1, Chat::count());
    }

    public function test_a_batch_costs_a_fixed_number_of_queries(): void
    {
        $this->deliver(self::SYNC, $this->batch([$this->chat(1)]));
        $count = function (int $from, int $to): int {
            DB::flushQueryLog();
            DB::enableQueryLog();
            app()->call([new WhatsAppChatSyncJob($this->batch(array_map([$this, 'chat'], range($from, $to)))), 'handle']);
            DB::disableQueryLog();

            return count(DB::getQueryLog());
        };
        self::assertSame($count(100, 102), $count(200, 209));
    }

    /** @return array<string, array{callable(array<string, mixed>): array<string, mixed>, string}> */
    public function malformed(): array
    {
        $with = fn (string $key, mixed $value): callable => fn (array $batch): array => [$key => $value] + $batch;
        $without = fn (string $key): callable => fn (array $batch): array => array_diff_key($batch, [$key => 1]);

        return [
            'no delivery id' => [$without('delivery_id'), 'delivery_id'],
            'a delivery id that is too long' => [$with('delivery_id', str_repeat('x', 192)), 'delivery_id'],
            'another delivery id than was signed' => [$with('delivery_id', 'dlv_other'), 'delivery_id'],
            'no session' => [$without('session_id'), 'session_id'],
            'a session that is a list' => [$with('session_id', ['a']), 'session_id'],
            'a workspace that is an object' => [$with('workspace_id', ['id' => 1]), 'workspace_id'],
            'no sync' => [$without('sync_id'), 'sync_id'],
            'a batch that is a number' => [$with('batch', 3), 'batch'],
            'a batch without its number' => [$with('batch', ['last' => true]), 'batch.number'],
            'no chats' => [$without('chats'), 'chats'],
            'chats that are a text' => [$with('chats', 'all'), 'chats'],
            'a chat that is a number' => [$with('chats', [1]), 'chats'],
            'chats that are an object' => [$with('chats', ['a' => ['chat_id' => 'x']]), 'chats'],
            '51 chats' => [$with('chats', array_fill(0, 51, ['chat_id' => 'x'])), 'chats'],
        ];
    }

    /** @dataProvider malformed */
    public function test_a_malformed_body_is_422_and_names_the_field(callable $break, string $field): void
    {
        Queue::fake();
        $batch = $this->batch([$this->chat(1)], ['delivery_id' => 'dlv_malformed']);
        $body = json_encode($break($batch));
        $answer = $this->raw(self::SYNC, $body, $this->signature($body, 'dlv_malformed'))->assertStatus(422);
        self::assertArrayHasKey($field, $answer->json('errors'));
        Queue::assertNothingPushed();
        self::assertSame(0, WhatsAppDelivery::count());
    }

    public function test_what_is_no_json_object_is_422(): void
    {
        foreach (['', 'null', '[]', '3', '"text"', '{"a":', "{\"a\":\"\xff\"}", str_repeat('[', 600).str_repeat(']', 600)] as $body) {
            foreach ([self::SYNC, self::WEBHOOK] as $path) {
                $this->raw($path, $body, $this->signature($body, 'dlv_1'))->assertStatus(422);
            }
        }
    }

    public function test_the_61st_sync_in_a_minute_waits_and_strangers_do_not_count(): void
    {
        Queue::fake();
        foreach (range(1, 70) as $ignored) {
            $this->raw(self::SYNC, '{"session_id":"sales"}', [])->assertStatus(401);
        }
        foreach (range(1, 60) as $ignored) {
            $this->deliver(self::SYNC, $this->batch([$this->chat(1)]))->assertStatus(202);
        }
        $answer = $this->deliver(self::SYNC, $this->batch([$this->chat(1)]))->assertStatus(429);
        self::assertSame((string) $answer->json('retry_after'), $answer->headers->get('Retry-After'));
        self::assertGreaterThan(0, $answer->json('retry_after'));
        self::assertLessThanOrEqual(60, $answer->json('retry_after'));
        Queue::assertPushed(WhatsAppChatSyncJob::class, 60);
        $this->deliver(self::SYNC, $this->batch([], ['session_id' => 'support']))->assertStatus(202);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1')))->assertStatus(202);
        $this->travel(61)->seconds();
        $this->deliver(self::SYNC, $this->batch([$this->chat(1)]))->assertStatus(202);
    }

    public function test_failed_says_nothing_of_people(): void
    {
        $job = new WhatsAppChatSyncJob($this->batch([$this->chat(1)]));
        try {
            DB::transaction(fn () => DB::select('select * from nowhere where phone = ?', ['+6281200000001']));
        } catch (Throwable $failure) {
            $job->failed($failure);
        }
        self::assertStringContainsString('SQLSTATE', WhatsAppSession::firstOrFail()->metadata['last_error']);
        self::assertStringNotContainsString('6281200000001', json_encode(WhatsAppSession::firstOrFail()->metadata).json_encode(array_column($this->packageLog()->getRecords(), 'context')));
    }
}
