<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Illuminate\Support\Collection;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Messages\Media;
use WhatsAppBridge\Results\Page;
use WhatsAppBridge\Results\Result;

/** What the address book and the contacts of a workspace have in common: lists of people, by file and by stream. */
abstract class People
{
    /** The bridge takes so many numbers in one request. */
    private const PHONES_AT_ONCE = 20_000;

    /** @param  string|int|null  $workspaceId  null: what holds for every workspace */
    public function __construct(
        protected readonly Api $api,
        protected readonly string|int|null $workspaceId,
    ) {
    }

    /** Where this list is: `/api/contacts`. */
    abstract protected function path(string $below = ''): string;

    /**
     * Adds people, or changes those who are there. Any number: they are read while they go out.
     *
     * @param  iterable<mixed>  $people
     * @return Result  rows, added, updated, duplicates, invalid, invalid_rows
     */
    public function put(iterable $people): Result
    {
        return new Result($this->api->json(new BridgeRequest('PUT', $this->path(), $this->workspace(), lines: new Lines($people), extraSeconds: BridgeRequest::LARGE_SECONDS)));
    }

    /**
     * The rows of a CSV or XLSX file.
     *
     * @param  bool  $dryRun  only tell what would happen
     * @param  array{phone?: string, name?: string, tags?: string}  $columns  their headers; what is not given is found by the usual names
     * @param  list<string>  $tags  for every row, beside its own
     * @return Result  rows, added, updated, duplicates, invalid, invalid_rows, columns
     */
    public function import(Media $file, bool $dryRun = false, array $columns = [], array $tags = [], bool $header = true): Result
    {
        if (! $file->isFile()) {
            throw new InvalidMessageException('A table comes from a file: Media::path(), Media::disk() or Media::contents().');
        }
        $given = array_filter(['columns' => $columns, 'tags' => $tags], fn (array $value) => $value !== []);

        return new Result($this->api->json(new BridgeRequest(
            'POST',
            $this->path('/import'),
            body: $this->workspace() + $given + ['dry_run' => $dryRun, 'header' => $header],
            file: $file,
            extraSeconds: BridgeRequest::LARGE_SECONDS,
            // The same rows once more change nothing.
            safety: RetrySafety::Repeatable,
        )));
    }

    /** @param  iterable<string|int>  $phones  @return int  how many were there */
    public function remove(iterable $phones): int
    {
        return Collection::make($phones)->map(fn (string|int $phone) => (string) $phone)->values()->chunk(self::PHONES_AT_ONCE)
            ->sum(fn (Collection $chunk) => $this->delete(['phones' => $chunk->values()->all()]));
    }

    /** Everybody. */
    public function clear(): int
    {
        return $this->delete(['all' => true]);
    }

    /** @param  array<string, mixed>  $which */
    protected function delete(array $which): int
    {
        return (int) ($this->api->json(new BridgeRequest('DELETE', $this->path(), body: $this->workspace() + $which))['deleted'] ?? 0);
    }

    /** @return array<string, string|int> */
    protected function workspace(): array
    {
        return $this->workspaceId === null ? [] : ['workspace_id' => $this->workspaceId];
    }

    /**
     * @param  array<string, mixed>  $query
     * @return Page<Result>
     */
    protected function page(string $items, array $query): Page
    {
        return $this->api->page($this->path(), $this->workspace() + $query, $items);
    }
}
