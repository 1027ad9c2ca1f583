<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Event;
use RuntimeException;
use WhatsAppBridge\Events;
use WhatsAppBridge\Models\Chat;
use WhatsAppBridge\Models\WhatsAppDelivery;
use WhatsAppBridge\Models\WhatsAppGroup;
use WhatsAppBridge\Models\WhatsAppMessage;
use WhatsAppBridge\Models\WhatsAppSession;

final class WebhookTest extends ReceivingTestCase
{
    use RefreshDatabase;

    public function test_stores_a_message_as_it_was_and_tells_listeners(): void
    {
        $heard = [];
        Event::listen(function (Events\WhatsAppMessageReceived $event) use (&$heard): void {
            $heard[] = [$event->webhook->get('body'), $event->message()?->body, $event->chat()?->phone, $event->webhook->sequence];
        });
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1'), ['sequence' => 41]))->assertStatus(202)->assertExactJson(['status' => 'accepted']);
        // An application's TrimStrings does not touch what was signed.
        self::assertSame([['  Halo 👋 m1 ', '  Halo 👋 m1 ', '+6281234567890', 41]], $heard);
        $message = WhatsAppMessage::firstOrFail();
        self::assertSame([false, '6281234567890@c.us', 'Budi', 'text', 41, null], [$message->from_me, $message->author_jid, $message->author_name, $message->type, $message->sequence, $message->ack]);
        self::assertSame(['Budi', 1, 'private'], [$message->chat->name, $message->chat->unread_count, $message->chat->chat_type]);
        self::assertSame('+6281234567890', $message->chat->contact->phone);
    }

    public function test_a_message_twice_is_one_message_and_one_event(): void
    {
        Event::fake([Events\WhatsAppMessageReceived::class]);
        $webhook = $this->webhook('message', $this->message('m1'));
        $this->deliver(self::WEBHOOK, $webhook)->assertExactJson(['status' => 'accepted']);
        $this->deliver(self::WEBHOOK, $webhook)->assertStatus(202)->assertExactJson(['status' => 'duplicate']);
        Event::assertDispatchedTimes(Events\WhatsAppMessageReceived::class, 1);
        // Under another delivery id, too, it is one row, and counts once.
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1')));
        self::assertSame([1, 1], [WhatsAppMessage::count(), Chat::firstOrFail()->unread_count]);
    }

    public function test_ids_that_differ_in_case_are_two(): void
    {
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('false_ABC'), ['delivery_id' => 'dlv_A']))->assertExactJson(['status' => 'accepted']);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('false_abc'), ['delivery_id' => 'dlv_a']))->assertExactJson(['status' => 'accepted']);
        self::assertSame(2, WhatsAppMessage::count());
    }

    public function test_the_order_of_the_rows_is_the_order_of_the_chat(): void
    {
        foreach (range(1, 20) as $number) {
            $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message("m$number", ['body' => "pesan $number"])));
        }
        self::assertSame(array_map(fn (int $n): string => "pesan $n", range(1, 20)), WhatsAppMessage::orderBy('id')->pluck('body')->all());
        self::assertSame('pesan 20', Chat::firstOrFail()->last_message);
    }

    public function test_a_group_message_has_its_author_and_brings_the_participants(): void
    {
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->groupMessage('g1')));
        $message = WhatsAppMessage::firstOrFail();
        self::assertSame(['6281200000002@c.us', '+6281200000002', 'Siti'], [$message->author_jid, $message->author_phone, $message->author_name]);
        self::assertArrayNotHasKey('participants', $message->data);
        $group = $message->chat->group;
        self::assertSame(['Reseller', 2, '6281200000001@c.us', true], [$group->name, $group->participants_count, $group->participants[0]['jid'], $group->participants[0]['is_admin']]);
        self::assertSame([true, null, 'Reseller'], [$message->chat->isGroup(), $message->chat->contact_id, $message->chat->name]);
    }

    public function test_a_group_that_is_only_counted_keeps_its_count(): void
    {
        $this->deliver(self::WEBHOOK, $this->webhook('message', array_diff_key($this->groupMessage('g1', ['participants_count' => 812]), ['participants' => 1])));
        self::assertSame([812, null], [WhatsAppGroup::firstOrFail()->participants_count, WhatsAppGroup::firstOrFail()->participants]);
    }

    public function test_people_who_come_and_go_and_become_admins(): void
    {
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->groupMessage('g1')));
        $person = fn (string $number): array => ['jid' => "$number@c.us", 'lid' => null, 'phone' => "+$number", 'name' => null];
        $change = fn (string $event, string $action, array $people, ?string $body = null) => $this->deliver(self::WEBHOOK, $this->webhook($event, ['group_jid' => '120363000000000001@g.us', 'action' => $action, 'author' => null, 'recipients' => $people, 'body' => $body, 'timestamp' => '2026-11-26T09:00:00.000Z']))->assertStatus(202);
        $change('group.join', 'add', [$person('6281200000003'), $person('6281200000001')]);
        $change('group.leave', 'remove', [$person('6281200000001')]);
        $change('group.update', 'promote', [$person('6281200000002')]);
        $change('group.update', 'subject', [], 'Reseller Jakarta');
        // Known by a LID here, by the phone's jid there: the same person.
        $change('group.join', 'add', [['jid' => '77@lid', 'lid' => '77@lid', 'phone' => '+6281200000003', 'name' => null]]);
        $change('group.leave', 'leave', [['jid' => '99@lid', 'phone' => null], 'nobody', ['phone' => '+6281200000003']]);
        $group = WhatsAppGroup::firstOrFail();
        self::assertSame(['Reseller Jakarta', 2], [$group->name, $group->participants_count]);
        self::assertSame(['6281200000002@c.us' => true, '6281200000003@c.us' => false], array_column($group->participants, 'is_admin', 'jid'));
    }

    public function test_a_group_that_is_only_counted_is_counted_on(): void
    {
        $this->deliver(self::WEBHOOK, $this->webhook('message', array_diff_key($this->groupMessage('g1', ['participants_count' => 812]), ['participants' => 1])));
        foreach (['group.join' => 814, 'group.leave' => 812] as $event => $expected) {
            $this->deliver(self::WEBHOOK, $this->webhook($event, ['group_jid' => '120363000000000001@g.us', 'action' => 'add', 'recipients' => [['jid' => '1@c.us'], ['jid' => '2@c.us']], 'body' => null]))->assertStatus(202);
            self::assertSame([$expected, null], [WhatsAppGroup::firstOrFail()->participants_count, WhatsAppGroup::firstOrFail()->participants]);
        }
    }

    public function test_acknowledgements_only_go_up_and_an_error_is_the_end(): void
    {
        $sent = $this->message('true_1', ['from_me' => true, 'id' => 'msg_1', 'from' => ['jid' => '6281234567890@c.us', 'lid' => null, 'phone' => '+6281234567890', 'name' => null]]);
        $this->deliver(self::WEBHOOK, $this->webhook('message.sent', $sent));
        self::assertSame([0, 1, 'msg_1'], [Chat::firstOrFail()->unread_count, WhatsAppMessage::firstOrFail()->ack, WhatsAppMessage::firstOrFail()->bridge_id]);
        $ack = fn (int $level, array $more = []) => $this->deliver(self::WEBHOOK, $this->webhook('message.ack', $more + ['message_id' => 'true_1', 'id' => 'msg_1', 'chat_id' => '6281234567890@c.us', 'ack' => $level, 'ack_name' => '', 'timestamp' => '2026-11-26T08:00:00.000Z', 'reason' => null]))->assertStatus(202);
        foreach ([[3, 3], [2, 3], [4, 4], [1, 4]] as [$level, $expected]) {
            $ack($level);
            self::assertSame($expected, WhatsAppMessage::firstOrFail()->ack);
        }
        $ack(-1, ['message_id' => null, 'reason' => ['state' => 'failed', 'code' => 'number_not_on_whatsapp', 'message' => 'x']]);
        self::assertSame([-1, 'number_not_on_whatsapp'], [WhatsAppMessage::firstOrFail()->ack, WhatsAppMessage::firstOrFail()->ack_reason]);
    }

    public function test_edits_deletions_and_reactions_reach_the_stored_message(): void
    {
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1')));
        $about = ['message_id' => 'm1', 'chat_id' => '6281234567890@c.us', 'from_me' => false, 'timestamp' => '2026-11-26T08:05:00.000Z'];
        $react = fn (string $who, ?string $emoji) => $this->deliver(self::WEBHOOK, $this->webhook('message.reaction', $about + ['sender' => ['jid' => $who], 'reaction' => $emoji]))->assertStatus(202);
        $this->deliver(self::WEBHOOK, $this->webhook('message.edited', $about + ['body' => 'Halo juga', 'previous_body' => 'Halo']));
        $react('1@c.us', '👍');
        $react('2@c.us', '❤️');
        $react('1@c.us', '😂');
        $react('2@c.us', null);
        // What we sent about a message is no message of its own.
        $this->deliver(self::WEBHOOK, $this->webhook('message.sent', $this->message('m1', ['type' => 'reaction', 'body' => '👍', 'from_me' => true, 'id' => 'msg_2'])))->assertStatus(202);
        $this->deliver(self::WEBHOOK, $this->webhook('message.revoked', $about));
        $message = WhatsAppMessage::firstOrFail();
        self::assertSame(['Halo juga', ['1@c.us' => '😂'], 1], [$message->body, $message->reactions, WhatsAppMessage::count()]);
        self::assertSame(['2026-11-26 08:05:00', '2026-11-26 08:05:00'], [$message->edited_at->format('Y-m-d H:i:s'), $message->revoked_at->format('Y-m-d H:i:s')]);
    }

    public function test_what_is_about_a_message_that_is_not_stored_is_no_error(): void
    {
        $about = ['message_id' => 'unknown', 'chat_id' => 'x@c.us', 'from_me' => false, 'timestamp' => '2026-11-26T08:05:00.000Z', 'body' => 'x', 'previous_body' => null, 'sender' => ['jid' => '1@c.us'], 'reaction' => '👍', 'ack' => 3, 'id' => null];
        foreach (['message.ack', 'message.edited', 'message.revoked', 'message.reaction'] as $event) {
            $this->deliver(self::WEBHOOK, $this->webhook($event, $about))->assertStatus(202);
        }
        self::assertSame(0, WhatsAppMessage::count());
    }

    public function test_the_state_of_a_session_is_kept_and_told(): void
    {
        Event::fake([Events\SessionStatusChanged::class]);
        $this->deliver(self::WEBHOOK, $this->webhook('session.status', ['state' => 'WORKING', 'previous_state' => 'STARTING', 'code' => 'ready', 'message' => 'It works.', 'phone' => '+6281111111111']));
        $session = WhatsAppSession::firstOrFail();
        self::assertSame(['WORKING', 'ready', '+6281111111111'], [$session->status, $session->status_code, $session->phone]);
        Event::assertDispatched(fn (Events\SessionStatusChanged $event): bool => $event->webhook->get('previous_state') === 'STARTING');
    }

    public function test_every_event_of_the_bridge_has_its_own_and_an_unknown_one_is_no_error(): void
    {
        Event::fake();
        $expected = ['call' => Events\CallReceived::class, 'session.qr' => Events\SessionQrReceived::class, 'chats.sync.progress' => Events\ChatSyncProgressed::class];
        foreach (['started', 'progress', 'paused', 'resumed', 'stopped', 'completed', 'something_new'] as $word) {
            $expected["blast.$word"] = Events\BlastProgressed::class;
        }
        foreach ($expected + ['poll.voted' => Events\WhatsAppWebhookReceived::class, 'x' => Events\WhatsAppWebhookReceived::class] as $name => $class) {
            $this->deliver(self::WEBHOOK, $this->webhook($name, ['anything' => [1, null]]))->assertStatus(202)->assertExactJson(['status' => 'accepted']);
            Event::assertDispatched($class, fn ($event): bool => $event->webhook->event === $name && $event->webhook->data === ['anything' => [1, null]]);
        }
        Event::assertDispatchedTimes(Events\WhatsAppWebhookReceived::class, count($expected) + 2);
    }

    public function test_a_listener_that_throws_makes_the_bridge_send_it_again(): void
    {
        $runs = 0;
        Event::listen(function (Events\WhatsAppMessageReceived $event) use (&$runs): void {
            if (++$runs === 1) {
                throw new RuntimeException('The shop is closed.');
            }
        });
        $webhook = $this->webhook('message', $this->message('m1'));
        $this->deliver(self::WEBHOOK, $webhook)->assertStatus(500);
        $this->deliver(self::WEBHOOK, $webhook)->assertStatus(202)->assertExactJson(['status' => 'accepted']);
        $this->deliver(self::WEBHOOK, $webhook)->assertExactJson(['status' => 'duplicate']);
        self::assertSame([2, 1, 1], [$runs, WhatsAppMessage::count(), Chat::firstOrFail()->unread_count]);
    }

    public function test_a_second_worker_does_not_say_done_for_work_that_may_still_fail(): void
    {
        $webhook = $this->webhook('message', $this->message('m1'));
        WhatsAppDelivery::create(['delivery_id' => $webhook['delivery_id'], 'event' => 'message', 'session_id' => 'sales', 'claimed_until' => now()->getTimestamp() + 60]);
        $this->deliver(self::WEBHOOK, $webhook)->assertStatus(503)->assertHeader('Retry-After', '5');
        self::assertSame(0, WhatsAppMessage::count());
        // The worker that claimed it was killed.
        $this->travel(61)->seconds();
        $this->deliver(self::WEBHOOK, $webhook)->assertStatus(202)->assertExactJson(['status' => 'accepted']);
        self::assertSame(1, WhatsAppMessage::count());
    }

    public function test_a_message_without_its_id_is_422_and_leaves_nothing_behind(): void
    {
        foreach ([['message_id' => null], ['message_id' => ['a']], ['message_id' => str_repeat('x', 192)], ['chat_id' => '']] as $broken) {
            $answer = $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1', $broken)))->assertStatus(422);
            self::assertArrayHasKey('data.'.array_key_first($broken), $answer->json('errors'));
        }
        foreach (['data' => 'text', 'event' => '', 'sequence' => 0, 'event_id' => null] as $field => $value) {
            $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1'), [$field => $value]))->assertStatus(422);
        }
        self::assertSame([0, 0], [WhatsAppMessage::count(), Chat::count()]);
    }

    public function test_odd_values_of_a_known_event_are_taken_as_far_as_they_go(): void
    {
        $odd = $this->message('m1', ['type' => str_repeat('t', 100), 'body' => str_repeat('😀', 70_000), 'from' => 'someone', 'timestamp' => 'yesterday', 'author' => 3]);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $odd))->assertStatus(202);
        $message = WhatsAppMessage::firstOrFail();
        self::assertSame([32, 65536, null, null], [strlen($message->type), mb_strlen($message->body), $message->sent_at, $message->author_jid]);
    }

    public function test_half_an_emoji_does_not_cost_the_message(): void
    {
        $body = str_replace('BODY', 'x\\ud83d y\\udc4b z\\ud83d\\udc4b \\\\ud83d \\u00e9 \\n\\"', json_encode($this->webhook('message', $this->message('m1', ['body' => 'BODY']), ['delivery_id' => 'dlv_half'])));
        $this->raw(self::WEBHOOK, $body, $this->signature($body, 'dlv_half'))->assertStatus(202);
        self::assertSame("x\u{fffd} y\u{fffd} z👋 \\ud83d é \n\"", WhatsAppMessage::firstOrFail()->body);
    }

    public function test_messages_need_not_be_stored(): void
    {
        config(['whatsapp.store_messages' => false]);
        Event::fake([Events\WhatsAppMessageReceived::class]);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1')))->assertStatus(202);
        self::assertSame([0, 1], [WhatsAppMessage::count(), Chat::count()]);
        Event::assertDispatched(Events\WhatsAppMessageReceived::class);
    }

    public function test_old_deliveries_can_be_pruned(): void
    {
        $this->deliver(self::WEBHOOK, $this->webhook('call', []));
        $this->travel(31)->days();
        $this->deliver(self::WEBHOOK, $this->webhook('call', []));
        self::assertSame(1, (new WhatsAppDelivery)->pruneAll());
        self::assertSame(1, WhatsAppDelivery::count());
    }
}
