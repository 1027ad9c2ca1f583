<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Foundation\Application;
use Illuminate\Support\Facades\Log;
use Illuminate\Testing\TestResponse;
use Monolog\Handler\TestHandler;
use WhatsAppBridge\Tests\TestCase;

/** Requests as the bridge makes and signs them. */
abstract class ReceivingTestCase extends TestCase
{
    protected const SYNC = '/api/whatsapp/chats/sync';

    protected const WEBHOOK = '/api/whatsapp/webhook';

    public function createApplication(): Application
    {
        $app = parent::createApplication();
        $app['config']->set('logging.channels.whatsapp', ['driver' => 'monolog', 'handler' => TestHandler::class]);

        return $app;
    }

    /** What was written to the log channel of the package. */
    protected function packageLog(): TestHandler
    {
        return Log::channel('whatsapp')->getLogger()->getHandlers()[0];
    }

    /**
     * The headers that the bridge sends with a body.
     *
     * @return array<string, string>
     */
    protected function signature(string $body, string $id, ?int $timestamp = null, string $secret = self::SECRET): array
    {
        $timestamp ??= now()->getTimestamp();
        $key = str_starts_with($secret, 'whsec_') ? base64_decode(substr($secret, 6)) : $secret;

        return [
            'X-Webhook-Signature' => hash_hmac('sha256', $body, $secret),
            'webhook-id' => $id,
            'webhook-timestamp' => (string) $timestamp,
            'webhook-signature' => 'v1,'.base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true)),
        ];
    }

    /** @param array<string, string> $headers */
    protected function raw(string $path, string $body, array $headers): TestResponse
    {
        return $this->call('POST', $path, [], [], [], $this->transformHeadersToServerVars($headers + ['Content-Type' => 'application/json']), $body);
    }

    /** @param array<string, mixed> $payload */
    protected function deliver(string $path, array $payload): TestResponse
    {
        $body = json_encode($payload, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);

        return $this->raw($path, $body, $this->signature($body, is_scalar($payload['delivery_id'] ?? null) ? (string) $payload['delivery_id'] : 'none'));
    }

    /**
     * @param array<string, mixed> $data
     * @param array<string, mixed> $more
     * @return array<string, mixed>
     */
    protected function webhook(string $event, array $data, array $more = []): array
    {
        static $count = 0;
        $count++;

        return $more + [
            'delivery_id' => "dlv_$count",
            'sent_at' => '2026-11-26T08:00:00.000Z',
            'event' => $event,
            'event_id' => "evt_$count",
            'sequence' => $count,
            'session_id' => 'sales',
            'workspace_id' => 7,
            'data' => $data,
        ];
    }

    /**
     * @param array<string, mixed> $more
     * @return array<string, mixed>
     */
    protected function message(string $id, array $more = []): array
    {
        return $more + [
            'message_id' => $id,
            'chat_id' => '6281234567890@c.us',
            'chat_type' => 'private',
            'group_jid' => null,
            'from' => ['jid' => '6281234567890@c.us', 'lid' => null, 'phone' => '+6281234567890', 'name' => 'Budi'],
            'author' => null,
            'to' => '6281111111111@c.us',
            'from_me' => false,
            'type' => 'text',
            'raw_type' => 'chat',
            'body' => "  Halo 👋 $id ",
            'timestamp' => '2026-11-26T08:00:00.000Z',
            'mentions' => [],
            'forwarded' => false,
        ];
    }

    /**
     * @param array<string, mixed> $more
     * @return array<string, mixed>
     */
    protected function groupMessage(string $id, array $more = []): array
    {
        return $this->message($id, $more + [
            'chat_id' => '120363000000000001@g.us',
            'chat_type' => 'group',
            'group_jid' => '120363000000000001@g.us',
            'group_name' => 'Reseller',
            'from' => ['jid' => '120363000000000001@g.us', 'lid' => null, 'phone' => null, 'name' => null],
            'author' => ['jid' => '6281200000002@c.us', 'lid' => null, 'phone' => '+6281200000002', 'name' => 'Siti'],
            'participants' => [
                ['jid' => '6281200000001@c.us', 'phone' => '+6281200000001', 'is_admin' => true],
                ['jid' => '6281200000002@c.us', 'phone' => '+6281200000002', 'is_admin' => false],
            ],
            'participants_count' => 2,
        ]);
    }

    /**
     * @param list<array<string, mixed>> $chats
     * @param array<string, mixed> $more
     * @return array<string, mixed>
     */
    protected function batch(array $chats, array $more = []): array
    {
        static $count = 0;
        $count++;

        return $more + [
            'delivery_id' => "dlv_batch_$count",
            'sent_at' => '2026-11-26T08:00:00.000Z',
            'session_id' => 'sales',
            'workspace_id' => 7,
            'sync_id' => 'syn_1',
            'batch' => ['number' => $count, 'last' => false],
            'chats' => $chats,
        ];
    }

    /**
     * Every third one is a group.
     *
     * @param array<string, mixed> $more
     * @return array<string, mixed>
     */
    protected function chat(int $number, array $more = []): array
    {
        $isGroup = $number % 3 === 0;
        $jid = $isGroup ? sprintf('1203630000%05d@g.us', $number) : sprintf('62812000%05d@c.us', $number);
        $phone = sprintf('+62812000%05d', $number);

        return $more + [
            'chat_id' => $jid,
            'chat_type' => $isGroup ? 'group' : 'private',
            'provider_type' => 'webjs',
            'name' => "Chat 🛒 $number",
            'phone' => $isGroup ? null : $phone,
            'lid' => null,
            'unread_count' => $number % 5,
            'last_message_at' => sprintf('2026-11-25T10:%02d:00.000Z', $number % 60),
            'archived' => false,
            'pinned' => $number % 10 === 0,
            'muted' => false,
            'last_message' => ['message_id' => "false_$jid", 'type' => 'text', 'body' => "Pesan $number", 'from_me' => false, 'timestamp' => '2026-11-25T10:00:00.000Z'],
        ] + ($isGroup ? ['group' => ['group_jid' => $jid, 'subject' => "Chat 🛒 $number", 'participants' => [['jid' => '628111@c.us', 'phone' => '+628111', 'is_admin' => true]], 'participants_count' => 1]] : []);
    }
}
