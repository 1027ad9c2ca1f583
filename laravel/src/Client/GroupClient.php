<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Illuminate\Support\Collection;
use WhatsAppBridge\Results\Result;

/** `WhatsApp::session('sales')->group($jid)`. Each change answers one result for each person. */
final class GroupClient
{
    public function __construct(
        private readonly Api $api,
        private readonly string $path,
    ) {
    }

    public function info(): Result
    {
        return new Result($this->api->get($this->path));
    }

    /**
     * @param  array<string|int>  $people  1 to 50 phone numbers or JIDs
     * @return Collection<int, Result>
     */
    public function add(array $people): Collection
    {
        return $this->change('/participants', ['add' => $people]);
    }

    /**
     * @param  array<string|int>  $people
     * @return Collection<int, Result>
     */
    public function remove(array $people): Collection
    {
        return $this->change('/participants/remove', ['participants' => $people]);
    }

    /**
     * @param  array<string|int>  $people
     * @return Collection<int, Result>
     */
    public function promote(array $people): Collection
    {
        return $this->change('/participants/promote', ['participants' => $people]);
    }

    /**
     * @param  array<string|int>  $people
     * @return Collection<int, Result>
     */
    public function demote(array $people): Collection
    {
        return $this->change('/participants/demote', ['participants' => $people]);
    }

    public function leave(): void
    {
        $this->api->post($this->path.'/leave');
    }

    public function inviteLink(): string
    {
        return (string) ($this->api->get($this->path.'/invite-link')['invite_link'] ?? '');
    }

    /** A new link; the old one is void. */
    public function revokeInviteLink(): string
    {
        return (string) ($this->api->post($this->path.'/invite-link/revoke')['invite_link'] ?? '');
    }

    /**
     * @param  array<string, array<string|int>>  $people
     * @return Collection<int, Result>
     */
    private function change(string $path, array $people): Collection
    {
        $body = array_map(fn (array $list) => array_map(strval(...), array_values($list)), $people);

        return $this->api->collect($this->api->post($this->path.$path, $body)['results'] ?? []);
    }
}
