<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use Illuminate\Contracts\Events\Dispatcher;
use WhatsAppBridge\Events\NewChatReceived;
use WhatsAppBridge\Models\WhatsAppSession;
use WhatsAppBridge\Support\Models;
use WhatsAppBridge\Webhooks\Webhook;

/** Tells the browsers of a workspace that a message came in. */
final class NewChatAnnouncer
{
    public function __construct(private readonly Dispatcher $events)
    {
    }

    public function announce(WhatsAppSession $session, Webhook $webhook): void
    {
        $broadcaster = config('broadcasting.default');
        if (! filter_var(config('whatsapp.broadcast'), FILTER_VALIDATE_BOOL) || $broadcaster === null || $broadcaster === 'null') {
            return;
        }
        $chat = Models::query('chats')->with('group')->where('whatsapp_session_id', $session->id)->where('chat_jid', $webhook->get('chat_id'))->first();
        if ($chat === null) {
            return;
        }
        $group = $chat->getRelation('group');
        $this->events->dispatch(new NewChatReceived($session->workspace_id, [
            'session_id' => $session->session_id,
            'sequence' => $webhook->sequence,
            'chat' => $chat->only(['id', 'uuid', 'chat_jid', 'chat_type', 'provider_type', 'name', 'phone', 'contact_id', 'unread_count']),
            'message' => array_intersect_key($webhook->data, array_flip(['message_id', 'type', 'body', 'timestamp', 'from_me', 'author', 'media'])),
            'group' => $group === null ? null : $group->only(['id', 'group_jid', 'name', 'participants_count']),
        ]));
    }
}
