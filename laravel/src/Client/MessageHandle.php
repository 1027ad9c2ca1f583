<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use WhatsAppBridge\Messages\WhatsAppMessage;
use WhatsAppBridge\Results\Message;

/** `WhatsApp::session('sales')->message($id)`: what can be done to a message that is there. */
final class MessageHandle
{
    public function __construct(
        private readonly Messages $messages,
        private readonly string $session,
        private readonly string $messageId,
    ) {
    }

    /** @param  string  $emoji  '' takes the reaction back */
    public function react(string $emoji): Message
    {
        return $this->send(WhatsAppMessage::reaction($this->messageId, $emoji));
    }

    /** Only a message of this account, and only for a while. */
    public function edit(string $text): Message
    {
        return $this->send(WhatsAppMessage::edit($this->messageId, $text));
    }

    /** For everyone. */
    public function delete(): Message
    {
        return $this->send(WhatsAppMessage::delete($this->messageId));
    }

    /** An answer that quotes it. */
    public function replyTo(string|int $to): PendingMessage
    {
        return (new PendingMessage($this->messages, $this->session, (string) $to))->replyTo($this->messageId);
    }

    private function send(WhatsAppMessage $message): Message
    {
        return $this->messages->send($message->session($this->session));
    }
}
