<?php

declare(strict_types=1);

namespace WhatsAppBridge;

use Illuminate\Support\Collection;
use WhatsAppBridge\Client\Addresses;
use WhatsAppBridge\Client\Api;
use WhatsAppBridge\Client\ApiKeys;
use WhatsAppBridge\Client\Blasts;
use WhatsAppBridge\Client\BridgeRequest;
use WhatsAppBridge\Client\Contacts;
use WhatsAppBridge\Client\Deliveries;
use WhatsAppBridge\Client\IdempotencyKeys;
use WhatsAppBridge\Client\Messages;
use WhatsAppBridge\Client\OptOuts;
use WhatsAppBridge\Client\PendingBlast;
use WhatsAppBridge\Client\PendingMessage;
use WhatsAppBridge\Client\SessionClient;
use WhatsAppBridge\Client\Transport;
use WhatsAppBridge\Client\Uploads;
use WhatsAppBridge\Client\WebhookEndpoints;
use WhatsAppBridge\Exceptions\NotConfiguredException;
use WhatsAppBridge\Messages\Media;
use WhatsAppBridge\Messages\WhatsAppMessage;
use WhatsAppBridge\Results\Message;
use WhatsAppBridge\Results\Result;
use WhatsAppBridge\Results\Session;

/** The bridge's API, as the facade of the same name shows it. */
class WhatsApp
{
    private readonly Api $api;

    /** For `WhatsApp::to(…)`, and for messages that name none. */
    private readonly ?string $defaultSession;

    public function __construct(
        Transport $transport,
        ?string $defaultSession = null,
        ?IdempotencyKeys $keys = null,
        ?Uploads $uploads = null,
    ) {
        $this->defaultSession = $defaultSession === '' ? null : $defaultSession;
        $this->api = new Api($transport, $keys ?? new IdempotencyKeys, $uploads ?? new Uploads($transport));
    }

    /** @throws NotConfiguredException when none is named and none is the default */
    public function session(string|int|null $id = null): SessionClient
    {
        $id = (string) ($id ?? $this->defaultSession);

        return $id !== '' ? new SessionClient($this->api, $id) : throw new NotConfiguredException('There is no default session. Name one, or set WHATSAPP_SESSION.');
    }

    /** From the default session. */
    public function to(string|int $to): PendingMessage
    {
        return $this->session()->to($to);
    }

    public function send(WhatsAppMessage $message): Message
    {
        return $this->messages()->send($message);
    }

    public function messages(): Messages
    {
        return new Messages($this->api, $this->defaultSession);
    }

    /** A new blast. */
    public function blast(): PendingBlast
    {
        return $this->blasts()->new();
    }

    /** Blasts that are there. */
    public function blasts(): Blasts
    {
        return new Blasts($this->api, $this->defaultSession);
    }

    /** Who wants no bulk messages. @param  string|int|null  $workspaceId  null: from no workspace at all */
    public function optOuts(string|int|null $workspaceId = null): OptOuts
    {
        return new OptOuts($this->api, $workspaceId);
    }

    /** Whom blasts leave out, unless they say otherwise. @param  string|int|null  $workspaceId  null: for every workspace */
    public function addresses(string|int|null $workspaceId = null): Addresses
    {
        return new Addresses($this->api, $workspaceId);
    }

    /** Whom blasts may go to. */
    public function contacts(string|int|null $workspaceId = null): Contacts
    {
        return new Contacts($this->api, $workspaceId);
    }

    public function webhookEndpoints(): WebhookEndpoints
    {
        return new WebhookEndpoints($this->api);
    }

    public function deliveries(): Deliveries
    {
        return new Deliveries($this->api);
    }

    public function apiKeys(): ApiKeys
    {
        return new ApiKeys($this->api);
    }

    /** @return Collection<int, Session>  those that the key may see */
    public function sessions(): Collection
    {
        return $this->api->collect($this->api->get('/api/sessions')['sessions'] ?? [], Session::class);
    }

    /**
     * @param  string|int  $id  yours: an integer or `[A-Za-z0-9_-]{1,64}`; every payload echoes it with its type
     * @param  bool  $start  at once; then there is soon a QR to scan
     * @param  array<string, mixed>  $more  as the API names it: device_name, proxy
     */
    public function createSession(string|int $id, string|int|null $workspaceId = null, bool $start = true, array $more = []): Session
    {
        return new Session($this->api->post('/api/sessions', ['id' => $id, 'workspace_id' => $workspaceId, 'start' => $start] + $more));
    }

    /** Store a file for any number of messages: `Media::id($file->id)`. */
    public function upload(Media $media): Result
    {
        return new Result($this->api->uploads->store($media));
    }

    public function media(string $id): Result
    {
        return new Result($this->api->get(BridgeRequest::path('/api/media/%s', $id)));
    }

    public function deleteMedia(string $id): void
    {
        $this->api->transport->send(new BridgeRequest('DELETE', BridgeRequest::path('/api/media/%s', $id)));
    }

    /** Whether the bridge can work: `status` is `ready` or `not_ready`, `checks` says what is amiss. */
    public function ready(): Result
    {
        return new Result($this->api->json(new BridgeRequest('GET', '/ready', answers: [503])));
    }

    /** Each session, and how well messages go through. */
    public function health(): Result
    {
        return new Result($this->api->get('/api/whatsapp/health'));
    }

    /** Anything that this client has no method for. */
    public function request(BridgeRequest $request): Result
    {
        return new Result($this->api->json($request));
    }
}
