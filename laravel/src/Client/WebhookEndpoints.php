<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Illuminate\Support\Collection;
use SensitiveParameter;
use WhatsAppBridge\Results\Result;

/** `WhatsApp::webhookEndpoints()`: who hears the bridge's events beside this application. The key needs the scope `admin`. */
final class WebhookEndpoints
{
    private const PATH = '/api/webhooks/endpoints';

    public function __construct(private readonly Api $api)
    {
    }

    /** @return Collection<int, Result> */
    public function all(): Collection
    {
        return $this->api->collect($this->api->get(self::PATH)['endpoints'] ?? []);
    }

    /**
     * @param  list<string>  $events  names, `*`, or `message.*`
     * @param  string|int|null  $session  null: every session's events
     * @param  array<string, string>  $headers  sent with each delivery
     * @param  string|null  $secret  null: one is made; it is in the answer, this once
     */
    public function add(string $url, array $events = ['*'], string|int|null $session = null, array $headers = [], #[SensitiveParameter] ?string $secret = null): Result
    {
        $more = array_filter(['headers' => $headers, 'secret' => $secret], fn ($value) => $value !== null && $value !== []);

        return new Result($this->api->post(self::PATH, ['session_id' => $session === null ? null : (string) $session, 'url' => $url, 'events' => $events] + $more));
    }

    public function find(string $id): Result
    {
        return new Result($this->api->get($this->one($id)));
    }

    /** @param  array<string, mixed>  $fields  url, events, headers (all of them) */
    public function change(string $id, array $fields): Result
    {
        return new Result($this->api->json(new BridgeRequest('PATCH', $this->one($id), body: $fields)));
    }

    /** The one before signs, too, for a while. @return Result  with the new secret, this once, unless it was given */
    public function changeSecret(string $id, int $keepPreviousHours = 24, #[SensitiveParameter] ?string $secret = null): Result
    {
        return new Result($this->api->post($this->one($id).'/secret', ['keep_previous_hours' => $keepPreviousHours] + ($secret === null ? [] : ['secret' => $secret])));
    }

    /** What it did not get yet becomes dead letters. */
    public function delete(string $id): void
    {
        $this->api->transport->send(new BridgeRequest('DELETE', $this->one($id)));
    }

    private function one(string $id): string
    {
        return BridgeRequest::path(self::PATH.'/%s', $id);
    }
}
