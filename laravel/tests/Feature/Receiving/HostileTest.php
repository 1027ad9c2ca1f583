<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Arr;
use WhatsAppBridge\Inbound\InvalidPayload;
use WhatsAppBridge\Jobs\WhatsAppChatSyncJob;

/** Rightly signed, and wrong in any field: taken as far as it goes, or refused; never an error that the bridge would repeat for days. */
final class HostileTest extends ReceivingTestCase
{
    use RefreshDatabase;

    /** @return list<mixed> */
    private function values(): array
    {
        return [null, true, 0, -1, 3.7, PHP_INT_MAX, 1e300, '', '0', ' ', "a\0b", str_repeat('😀', 300), "'; drop table chats; --", [], [null], ['a' => ['b' => [1]]], [[[]]], '2026-13-45T99:99:99Z', '9999-12-31T23:59:59Z', '-0001-01-01T00:00:00Z', 'false_x@c.us'];
    }

    /** @return array<string, array<string, mixed>> */
    private function events(): array
    {
        $about = ['message_id' => 'm1', 'chat_id' => '6281234567890@c.us', 'from_me' => false, 'timestamp' => '2026-11-26T08:05:00.000Z'];
        $group = ['group_jid' => '120363000000000001@g.us', 'action' => 'add', 'author' => null, 'recipients' => [['jid' => '1@c.us', 'lid' => null, 'phone' => '+1', 'name' => 'x']], 'body' => 'x', 'timestamp' => '2026-11-26T08:05:00.000Z'];

        return [
            'message' => $this->message('m1'),
            'message.sent' => $this->groupMessage('m2', ['from_me' => true, 'id' => 'msg_1']),
            'message.ack' => $about + ['id' => 'msg_1', 'ack' => 2, 'ack_name' => 'DEVICE', 'reason' => ['state' => 'failed', 'code' => 'x', 'message' => 'x']],
            'message.edited' => $about + ['body' => 'x', 'previous_body' => null],
            'message.revoked' => $about,
            'message.reaction' => $about + ['sender' => ['jid' => '1@c.us'], 'reaction' => '👍'],
            'group.join' => $group,
            'group.leave' => $group,
            'group.update' => ['action' => 'subject'] + $group,
            'session.status' => ['state' => 'WORKING', 'previous_state' => 'STARTING', 'code' => 'ready', 'message' => 'x', 'phone' => '+62811'],
            'chats.sync.completed' => ['sync_id' => 'syn_1', 'total' => 1, 'error' => ['code' => 'x', 'message' => 'x']],
            'chats.sync.failed' => ['sync_id' => 'syn_1', 'total' => 1, 'error' => ['code' => 'x', 'message' => 'x']],
        ];
    }

    public function test_webhooks_with_any_value_in_any_field(): void
    {
        $tried = 0;
        foreach ($this->events() as $event => $data) {
            $this->deliver(self::WEBHOOK, $this->webhook($event, $data))->assertStatus(202);
            $fields = array_keys(Arr::dot($data) + $data);
            foreach ($fields as $number => $field) {
                // Each field meets a fifth of the values, and each value some field of every event.
                foreach ($this->values() as $index => $value) {
                    if (($index + $number) % 5 !== 0) {
                        continue;
                    }
                    $broken = $data;
                    Arr::set($broken, $field, $value);
                    $status = $this->deliver(self::WEBHOOK, $this->webhook($event, $broken))->getStatusCode();
                    self::assertContains($status, [202, 422], "$event, $field: ".json_encode($value, JSON_PARTIAL_OUTPUT_ON_ERROR));
                    $tried++;
                }
            }
        }
        self::assertGreaterThan(300, $tried);
    }

    public function test_envelopes_with_any_value_in_any_field(): void
    {
        foreach ([[self::WEBHOOK, $this->webhook('message', $this->message('m1'))], [self::SYNC, $this->batch([$this->chat(1)])]] as [$path, $payload]) {
            foreach (array_keys($payload) as $field) {
                foreach ($this->values() as $value) {
                    // The limit of a minute is another matter.
                    config(['whatsapp.sync_per_minute' => 100_000]);
                    $status = $this->deliver($path, [$field => $value] + $payload)->getStatusCode();
                    // Without its id, nothing is rightly signed.
                    self::assertContains($status, $field === 'delivery_id' ? [202, 401, 422] : [202, 422], "$field: ".json_encode($value, JSON_PARTIAL_OUTPUT_ON_ERROR));
                }
            }
        }
    }

    public function test_a_chat_with_any_value_in_any_field_is_stored_or_named_as_bad(): void
    {
        $chat = $this->chat(3, ['last_message' => ['message_id' => 'm', 'type' => 'text', 'body' => 'x', 'from_me' => false, 'timestamp' => '2026-11-25T10:00:00.000Z']]);
        foreach (array_keys(Arr::dot($chat) + $chat) as $field) {
            foreach ($this->values() as $value) {
                $broken = $chat;
                Arr::set($broken, $field, $value);
                try {
                    app()->call([new WhatsAppChatSyncJob($this->batch([$broken])), 'handle']);
                    $problem = null;
                } catch (InvalidPayload $bad) {
                    $problem = $bad->field;
                }
                self::assertContains($problem, [null, 'chat_id', 'chat_type'], $field);
            }
        }
    }
}
