<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use WhatsAppBridge\Messages\WhatsAppMessage;
use WhatsAppBridge\Results\Message;
use WhatsAppBridge\Results\Page;

/** `WhatsApp::messages()`: sending, and what became of it. */
final class Messages
{
    public function __construct(
        private readonly Api $api,
        private readonly ?string $defaultSession,
    ) {
    }

    /** Once this returns, the bridge has it on disk and sends it once. */
    public function send(WhatsAppMessage $message): Message
    {
        if ($message->sessionId() === null && $this->defaultSession !== null) {
            $message = $message->session($this->defaultSession);
        }
        $body = $message->toArray();
        $wait = $message->waitSeconds();

        return new Message($this->api->json(new BridgeRequest(
            'POST',
            '/api/messages',
            query: $wait === null ? [] : ['wait' => 'sent', 'wait_seconds' => $wait],
            body: $body,
            file: $message->file(),
            idempotencyKey: $message->ownIdempotencyKey() ?? $this->api->idempotencyKey($body, $message->file()),
            extraSeconds: $wait ?? 0,
        )));
    }

    public function find(string $id): Message
    {
        return new Message($this->api->json(new BridgeRequest('GET', BridgeRequest::path('/api/messages/%s', $id))));
    }

    /**
     * The newest first.
     *
     * @return Page<Message>
     */
    public function list(string|int|null $session = null, string|int|null $to = null, ?string $state = null, int $limit = 50, ?string $cursor = null): Page
    {
        $query = ['session_id' => $session, 'to' => $to, 'state' => $state, 'limit' => $limit, 'cursor' => $cursor];

        return $this->api->page('/api/messages', $query, 'messages', Message::class);
    }

    /** The file of a message, one that came in or one that was sent; a MediaGoneException when WhatsApp no longer has it. */
    public function saveMedia(string $id, string $path): void
    {
        $this->api->download(BridgeRequest::path('/api/messages/%s/media', $id), $path);
    }

    /** Only what is still `queued`; later it is a MessageNotCancellableException. */
    public function cancel(string $id): Message
    {
        return new Message($this->api->json(new BridgeRequest('POST', BridgeRequest::path('/api/messages/%s/cancel', $id))));
    }
}
