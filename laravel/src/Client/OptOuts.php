<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use WhatsAppBridge\Results\Page;
use WhatsAppBridge\Results\Result;

/** `WhatsApp::optOuts($workspaceId)`: who wants no bulk messages. No setting of a blast reaches them. */
final class OptOuts
{
    private const PATH = '/api/opt-outs';

    /** @param  string|int|null  $workspaceId  null: from no workspace at all */
    public function __construct(
        private readonly Api $api,
        private readonly string|int|null $workspaceId,
    ) {
    }

    /**
     * @param  array<string|int>  $people  phone numbers in any spelling, or JIDs
     * @return Result  added, already, invalid, invalid_rows
     */
    public function add(array $people): Result
    {
        return new Result($this->api->json(new BridgeRequest('PUT', self::PATH, body: ['workspace_id' => $this->workspaceId, 'people' => array_map(strval(...), array_values($people))])));
    }

    /** @return Page<Result> */
    public function list(int $limit = 100): Page
    {
        return $this->api->page(self::PATH, ['workspace_id' => $this->workspaceId, 'limit' => $limit], 'opt_outs');
    }

    /** Only with their consent. */
    public function remove(string|int $person): void
    {
        $this->api->transport->send(new BridgeRequest('DELETE', BridgeRequest::path(self::PATH.'/%s', $person), ['workspace_id' => $this->workspaceId]));
    }
}
