<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Illuminate\Support\Collection;
use WhatsAppBridge\Results\Page;
use WhatsAppBridge\Results\Result;

/**
 * `WhatsApp::contacts($workspaceId)`: whom a blast may go to. `put()` takes `['phone' => …, 'name' => …, 'tags' => […], 'variables' => […]]`:
 * tags are added, variables overwritten, what is not given stays.
 */
final class Contacts extends People
{
    /**
     * @param  'true'|'false'|'unknown'|null  $onWhatsApp
     * @param  'bridge'|'backend'|null  $source  `backend`: the main application's own table
     * @return Page<Result>
     */
    public function list(?string $search = null, ?string $tag = null, ?string $onWhatsApp = null, ?string $source = null, int $limit = 100): Page
    {
        return $this->page('contacts', ['search' => $search, 'tag' => $tag, 'on_whatsapp' => $onWhatsApp, 'source' => $source, 'limit' => $limit]);
    }

    /** @return Collection<string, int>  how many contacts each tag has */
    public function tags(): Collection
    {
        return Collection::make($this->api->get($this->path('/tags'), $this->workspace())['tags'] ?? [])->pluck('contacts', 'tag');
    }

    /** All, or those of a tag, into a CSV file; what is there stays until it is whole. */
    public function export(string $path, ?string $tag = null): void
    {
        $this->api->download($this->path('/export.csv'), $path, $this->workspace() + ['tag' => $tag], 'text/csv');
    }

    /** By a number in any spelling; a StoredContactNotFoundException when there is none. */
    public function find(string|int $phone): Result
    {
        return new Result($this->api->get($this->one($phone), $this->workspace()));
    }

    /** @param  array{name?: string|null, tags?: list<string>, variables?: array<string, mixed>}  $fields  all of the tags; a variable that is null goes */
    public function update(string|int $phone, array $fields): Result
    {
        return new Result($this->api->json(new BridgeRequest('PATCH', $this->one($phone), $this->workspace(), $fields)));
    }

    /** An opt-out stays. */
    public function forget(string|int $phone): void
    {
        $this->api->transport->send(new BridgeRequest('DELETE', $this->one($phone), $this->workspace()));
    }

    /** All that have this tag. */
    public function removeTagged(string $tag): int
    {
        return $this->delete(['tag' => $tag]);
    }

    /** Ask WhatsApp in the background which of them are there. @param  int|null  $olderThanDays  not again those who were asked for since then */
    public function checkOnWhatsApp(string|int $session, ?string $tag = null, ?int $olderThanDays = null): Result
    {
        $given = array_filter(['tag' => $tag, 'older_than_days' => $olderThanDays], fn ($value) => $value !== null);

        return new Result($this->api->post($this->path('/check'), $this->workspace() + ['session_id' => (string) $session] + $given));
    }

    /** How far that is. */
    public function check(): Result
    {
        return new Result($this->api->get($this->path('/check'), $this->workspace()));
    }

    public function stopCheck(): void
    {
        $this->api->transport->send(new BridgeRequest('DELETE', $this->path('/check'), $this->workspace()));
    }

    protected function path(string $below = ''): string
    {
        return '/api/contacts'.$below;
    }

    private function one(string|int $phone): string
    {
        return BridgeRequest::path($this->path('/%s'), $phone);
    }
}
