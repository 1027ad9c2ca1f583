<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

use WhatsAppBridge\Models\Chat;
use WhatsAppBridge\Models\WhatsAppMessage;
use WhatsAppBridge\Support\Models;

/** Somebody wrote. `$webhook->get('body')`, `'chat_id'`, `'author.phone'`, …: docs/webhooks.md of the bridge lists them. */
final class WhatsAppMessageReceived extends BridgeEvent
{
    /** The stored message; null with `store_messages` off. */
    public function message(): ?WhatsAppMessage
    {
        return Models::query('messages')->where('message_id', $this->webhook->get('message_id'))
            ->whereHas('session', fn ($session) => $session->where('session_id', $this->webhook->sessionId))->first();
    }

    public function chat(): ?Chat
    {
        return Models::query('chats')->where('chat_jid', $this->webhook->get('chat_id'))
            ->whereHas('session', fn ($session) => $session->where('session_id', $this->webhook->sessionId))->first();
    }
}
