<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Illuminate\Support\Collection;
use WhatsAppBridge\Messages\WhatsAppMessage;
use WhatsAppBridge\Results\Message;
use WhatsAppBridge\Results\Page;
use WhatsAppBridge\Results\Result;
use WhatsAppBridge\Results\Session;

/** `WhatsApp::session('sales')`: one WhatsApp account. */
final class SessionClient
{
    /** The bridge takes so many numbers in one request. */
    private const NUMBERS_AT_ONCE = 500;

    public function __construct(
        private readonly Api $api,
        public readonly string $id,
    ) {
    }

    // What it sends.

    /** @param  string|int  $to  a phone number in any spelling, or a JID of a person or a group */
    public function to(string|int $to): PendingMessage
    {
        return new PendingMessage($this->messages(), $this->id, (string) $to);
    }

    public function send(WhatsAppMessage $message): Message
    {
        return $this->messages()->send($message->session($this->id));
    }

    /** A message to react to, to edit or to delete: the bridge's id, or WhatsApp's from a webhook. */
    public function message(string $messageId): MessageHandle
    {
        return new MessageHandle($this->messages(), $this->id, $messageId);
    }

    /** @return Page<Message>  the newest first */
    public function sentMessages(string|int|null $to = null, ?string $state = null, int $limit = 50): Page
    {
        return $this->messages()->list($this->id, $to, $state, $limit);
    }

    public function blast(): PendingBlast
    {
        return (new Blasts($this->api, null))->from($this->id);
    }

    // Its life.

    public function status(): Session
    {
        return new Session($this->api->get($this->path('')));
    }

    public function start(): Session
    {
        return $this->act('start');
    }

    /** Keeps the pairing. */
    public function stop(): Session
    {
        return $this->act('stop');
    }

    public function restart(): Session
    {
        return $this->act('restart');
    }

    /** Unlinks the device at WhatsApp. */
    public function logout(): Session
    {
        return $this->act('logout');
    }

    /** Unlinks it, and deletes its rows in the bridge. */
    public function delete(): void
    {
        $this->api->transport->send(new BridgeRequest('DELETE', $this->path('')));
    }

    /** @param  array<string, mixed>  $fields  workspace_id, proxy (from the next start on), device_name (from the next pairing on) */
    public function change(array $fields): Session
    {
        return new Session($this->api->json(new BridgeRequest('PATCH', $this->path(''), body: $fields)));
    }

    /** Whether WhatsApp Web still offers everything that is used of it: `ok`, and what is missing. */
    public function checkPage(): Result
    {
        return new Result($this->api->post($this->path('/page-check')));
    }

    /** The text that the QR shows, and its age; a SessionWrongStateException unless there is one to scan. */
    public function qr(): Result
    {
        return new Result($this->api->get($this->path('/qr')));
    }

    public function qrSvg(): string
    {
        return $this->api->transport->send(new BridgeRequest('GET', $this->path('/qr'), accept: 'image/svg+xml'))->body;
    }

    public function qrPng(): string
    {
        return $this->api->transport->send(new BridgeRequest('GET', $this->path('/qr'), accept: 'image/png'))->body;
    }

    /** A code to type on the phone instead of scanning a QR. */
    public function pairingCode(string|int $phone): Result
    {
        return new Result($this->api->post($this->path('/pairing-code'), ['phone' => (string) $phone]));
    }

    // What it knows.

    /** Stream the chats to this application. @param  int|null  $days  only chats with a message in them */
    public function syncChats(?int $maxChats = null, ?int $days = null): Result
    {
        return new Result($this->api->post($this->path('/chats/sync'), array_filter(['max_chats' => $maxChats, 'sync_window' => $days], fn ($value) => $value !== null)));
    }

    public function chatSync(): Result
    {
        return new Result($this->api->get($this->path('/chats/sync')));
    }

    /**
     * The newest first.
     *
     * @param  'private'|'group'|null  $type
     * @return Page<Result>
     */
    public function chats(?string $search = null, ?string $type = null, ?bool $unread = null, ?bool $archived = null, int $limit = 50): Page
    {
        return $this->api->page($this->path('/chats'), compact('search', 'type', 'unread', 'archived', 'limit'), 'chats');
    }

    public function chat(string|int $chat): Result
    {
        return new Result($this->api->get($this->path('/chats/%s', $chat)));
    }

    /** @return Page<Result>  the newest first */
    public function chatMessages(string|int $chat, int $limit = 50): Page
    {
        return $this->api->page($this->path('/chats/%s/messages', $chat), compact('limit'), 'messages');
    }

    public function markSeen(string|int $chat): void
    {
        $this->api->post($this->path('/chats/%s/seen', $chat));
    }

    /** Shows "typing…", or "recording audio…"; WhatsApp takes it away by itself after about 25 seconds. */
    public function typing(string|int $chat, bool $recording = false): void
    {
        $this->api->post($this->path('/chats/%s/typing', $chat), ['state' => 'start', 'recording' => $recording]);
    }

    public function stopTyping(string|int $chat): void
    {
        $this->api->post($this->path('/chats/%s/typing', $chat), ['state' => 'stop']);
    }

    public function contact(string|int $contact): Result
    {
        return new Result($this->api->get($this->path('/contacts/%s', $contact)));
    }

    /** A URL that is valid for some hours, of a person or a group; null where none is shown. */
    public function profilePicture(string|int $contact): ?string
    {
        return $this->api->get($this->path('/contacts/%s/profile-picture', $contact))['url'] ?? null;
    }

    /** @return Page<Result> */
    public function groups(?string $search = null, int $limit = 50): Page
    {
        return $this->chats($search, 'group', limit: $limit);
    }

    public function group(string $jid): GroupClient
    {
        return new GroupClient($this->api, $this->path('/groups/%s', $jid));
    }

    /**
     * Made once for each idempotency key, which is made for you like those of messages.
     *
     * @param  array<string|int>  $participants  1 to 256 phone numbers or JIDs
     */
    public function createGroup(string $subject, array $participants, ?string $idempotencyKey = null): Result
    {
        $body = ['subject' => $subject, 'participants' => array_map(strval(...), array_values($participants))];

        return new Result($this->api->json(new BridgeRequest('POST', $this->path('/groups'), body: $body, idempotencyKey: $idempotencyKey ?? $this->api->idempotencyKey(['session_id' => $this->id] + $body))));
    }

    /**
     * Which numbers are on WhatsApp, one result each in their order; any number of them, 500 a request.
     *
     * @param  iterable<string|int>  $numbers
     * @return Collection<int, Result>
     */
    public function checkNumbers(iterable $numbers, bool $refresh = false): Collection
    {
        return Collection::make($numbers)->map(fn (string|int $number) => (string) $number)->values()->chunk(self::NUMBERS_AT_ONCE)->flatMap(fn (Collection $chunk) => $this->api->collect(
            $this->api->json(new BridgeRequest(
                'POST',
                '/api/numbers/check',
                body: ['session_id' => $this->id, 'numbers' => $chunk->values()->all(), 'refresh' => $refresh],
                // It asks, and changes nothing.
                safety: RetrySafety::Repeatable,
            ))['results'] ?? [],
        ))->values();
    }

    private function messages(): Messages
    {
        return new Messages($this->api, $this->id);
    }

    private function act(string $action): Session
    {
        return new Session($this->api->post($this->path('/'.$action)));
    }

    private function path(string $pattern, string|int ...$parts): string
    {
        return BridgeRequest::path('/api/sessions/%s'.$pattern, $this->id, ...$parts);
    }
}
