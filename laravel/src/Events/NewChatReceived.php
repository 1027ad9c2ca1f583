<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

use Illuminate\Broadcasting\PrivateChannel;
use Illuminate\Contracts\Broadcasting\ShouldBroadcast;

/**
 * A message came in, for the browsers of its workspace: Echo.private(`chats.ch${workspace}`).listen('.new-chat-received', …).
 * It holds plain values: a worker may get it before anything else is committed.
 */
final class NewChatReceived implements ShouldBroadcast
{
    public ?string $connection;

    public ?string $queue;

    /** @param array{session_id: string, sequence: int, chat: array<string, mixed>, message: array<string, mixed>, group: array<string, mixed>|null} $payload */
    public function __construct(public readonly ?string $workspaceId, public readonly array $payload)
    {
        $this->connection = config('whatsapp.queue.connection');
        $this->queue = config('whatsapp.queue.name');
    }

    public function broadcastOn(): PrivateChannel
    {
        return new PrivateChannel('chats.ch'.($this->workspaceId ?? '0'));
    }

    public function broadcastAs(): string
    {
        return 'new-chat-received';
    }

    /** @return array<string, mixed> */
    public function broadcastWith(): array
    {
        return $this->payload;
    }
}
