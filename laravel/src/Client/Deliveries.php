<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use DateTimeInterface;
use DateTimeZone;
use WhatsAppBridge\Results\Page;
use WhatsAppBridge\Results\Result;

/** `WhatsApp::deliveries()`: what the bridge sent to this application and to others, dead letters above all. */
final class Deliveries
{
    private const PATH = '/api/webhooks/deliveries';

    public function __construct(private readonly Api $api)
    {
    }

    /**
     * The newest first.
     *
     * @param  'pending'|'delivered'|'dead'|null  $state
     * @return Page<Result>
     */
    public function list(?string $state = null, ?string $endpoint = null, string|int|null $session = null, ?string $event = null, int $limit = 50): Page
    {
        return $this->api->page(self::PATH, ['state' => $state, 'endpoint' => $endpoint, 'session_id' => $session, 'event' => $event, 'limit' => $limit], 'deliveries');
    }

    /** With its payload and its attempts. */
    public function find(string $id): Result
    {
        return new Result($this->api->get(BridgeRequest::path(self::PATH.'/%s', $id)));
    }

    /** Once more, under the same id. */
    public function redeliver(string $id): Result
    {
        return new Result($this->api->post(BridgeRequest::path(self::PATH.'/%s/redeliver', $id)));
    }

    /**
     * Many once more, in the background; unless it says otherwise, all dead letters.
     *
     * @param  array<string, mixed>  $which  state, endpoint, session_id, event, from, to
     */
    public function redeliverAll(array $which = []): Result
    {
        $times = array_map(fn ($value) => $value instanceof DateTimeInterface ? self::time($value) : $value, $which);

        return new Result($this->api->post('/api/webhooks/redeliveries', $times + ['state' => 'dead']));
    }

    /** How far that is. */
    public function redelivery(string $id): Result
    {
        return new Result($this->api->get(BridgeRequest::path('/api/webhooks/redeliveries/%s', $id)));
    }

    /**
     * Deletes finished ones.
     *
     * @param  'delivered'|'dead'  $state
     * @return int  how many
     */
    public function purge(string $state, DateTimeInterface $before): int
    {
        return (int) ($this->api->post(self::PATH.'/purge', ['state' => $state, 'before' => self::time($before)])['deleted'] ?? 0);
    }

    private static function time(DateTimeInterface $at): string
    {
        return (clone $at)->setTimezone(new DateTimeZone('UTC'))->format('Y-m-d\TH:i:s\Z');
    }
}
