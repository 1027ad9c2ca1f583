<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Illuminate\Support\Collection;
use WhatsAppBridge\Results\Result;

/** `WhatsApp::apiKeys()`: who may call the bridge. The key needs the scope `admin`. */
final class ApiKeys
{
    private const PATH = '/api/keys';

    public function __construct(private readonly Api $api)
    {
    }

    /** @return Collection<int, Result> */
    public function all(): Collection
    {
        return $this->api->collect($this->api->get(self::PATH)['keys'] ?? []);
    }

    /**
     * @param  list<'admin'|'send'|'read'>  $scopes
     * @param  list<string|int>|null  $sessions  null: every session
     * @param  list<string|int>|null  $workspaces
     * @return Result  with `key`, this once
     */
    public function create(string $name, array $scopes, ?array $sessions = null, ?array $workspaces = null): Result
    {
        return new Result($this->api->post(self::PATH, ['name' => $name, 'scopes' => $scopes] + array_filter(compact('sessions', 'workspaces'), fn ($value) => $value !== null)));
    }

    public function revoke(string $id): void
    {
        $this->api->transport->send(new BridgeRequest('DELETE', BridgeRequest::path(self::PATH.'/%s', $id)));
    }
}
