<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use Illuminate\Contracts\Events\Dispatcher;
use WhatsAppBridge\Events;
use WhatsAppBridge\Models\WhatsAppSession;
use WhatsAppBridge\Webhooks\Webhook;

/**
 * One event of the bridge: first what it means is stored, then listeners are told. An event that this version does not
 * know is no error: it reaches whoever listens to WhatsAppWebhookReceived.
 */
final class WebhookHandler
{
    private const EVENTS = [
        'message' => Events\WhatsAppMessageReceived::class,
        'message.sent' => Events\WhatsAppMessageSent::class,
        'message.ack' => Events\MessageAcknowledged::class,
        'message.edited' => Events\MessageEdited::class,
        'message.revoked' => Events\MessageRevoked::class,
        'message.reaction' => Events\MessageReacted::class,
        'group.join' => Events\GroupChanged::class,
        'group.leave' => Events\GroupChanged::class,
        'group.update' => Events\GroupChanged::class,
        'call' => Events\CallReceived::class,
        'session.status' => Events\SessionStatusChanged::class,
        'session.qr' => Events\SessionQrReceived::class,
        'chats.sync.started' => Events\ChatSyncProgressed::class,
        'chats.sync.progress' => Events\ChatSyncProgressed::class,
        'chats.sync.completed' => Events\ChatSyncProgressed::class,
        'chats.sync.failed' => Events\ChatSyncProgressed::class,
    ];

    public function __construct(
        private readonly SessionStore $sessions,
        private readonly MessageStore $messages,
        private readonly GroupStore $groups,
        private readonly NewChatAnnouncer $announcer,
        private readonly Dispatcher $events,
    ) {
    }

    /** @throws InvalidPayload when it lacks what its event cannot do without */
    public function handle(Webhook $webhook): void
    {
        $session = $this->sessions->resolve($webhook->sessionId, $webhook->workspaceId);
        $this->store($session, $webhook);

        $this->events->dispatch(new Events\WhatsAppWebhookReceived($webhook));
        $event = self::EVENTS[$webhook->event] ?? (str_starts_with($webhook->event, 'blast.') ? Events\BlastProgressed::class : null);
        if ($event !== null) {
            $this->events->dispatch(new $event($webhook));
        }
        if ($webhook->event === 'message') {
            $this->announcer->announce($session, $webhook);
        }
    }

    private function store(WhatsAppSession $session, Webhook $webhook): void
    {
        match ($webhook->event) {
            'message', 'message.sent' => $this->messages->add($session, $webhook),
            'message.ack' => $this->messages->acknowledge($session, $webhook),
            'message.edited' => $this->messages->edit($session, $webhook),
            'message.revoked' => $this->messages->revoke($session, $webhook),
            'message.reaction' => $this->messages->react($session, $webhook),
            'group.join', 'group.leave', 'group.update' => $this->groups->change($session, $webhook),
            'session.status' => $this->sessions->status($session, $webhook),
            'chats.sync.started', 'chats.sync.completed', 'chats.sync.failed' => $this->sessions->syncStatus($session, $webhook),
            default => null,
        };
    }
}
