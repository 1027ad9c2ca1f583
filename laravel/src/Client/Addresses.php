<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Illuminate\Support\Collection;
use WhatsAppBridge\Results\Page;
use WhatsAppBridge\Results\Result;

/**
 * `WhatsApp::addresses($workspaceId)`: the address book. A blast leaves out who is in it, unless `skipRecipientsInAddress` is off.
 * `put()` takes numbers in any spelling, or `['phone' => …, 'name' => …]`.
 */
final class Addresses extends People
{
    /** The bridge takes so many numbers in one request. */
    private const CHECKED_AT_ONCE = 1_000;

    /** @return Page<Result>  `$search`: part of a name or number */
    public function list(?string $search = null, int $limit = 100): Page
    {
        return $this->page('addresses', compact('search', 'limit'));
    }

    /**
     * `in_address_book` and `opted_out` of each, in their order; also in the main application's own table, where the bridge reads it.
     *
     * @param  iterable<string|int>  $phones
     * @return Collection<int, Result>
     */
    public function check(iterable $phones): Collection
    {
        return Collection::make($phones)->map(fn (string|int $phone) => (string) $phone)->values()->chunk(self::CHECKED_AT_ONCE)->flatMap(fn (Collection $chunk) => $this->api->collect(
            $this->api->json(new BridgeRequest('POST', $this->path('/check'), body: $this->workspace() + ['phones' => $chunk->values()->all()], safety: RetrySafety::Repeatable))['results'] ?? [],
        ))->values();
    }

    protected function path(string $below = ''): string
    {
        return '/api/whatsapp/addresses'.$below;
    }
}
