<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Illuminate\Support\Collection;
use WhatsAppBridge\Messages\Media;
use WhatsAppBridge\Results\Page;
use WhatsAppBridge\Results\Result;

/** What all parts of the client share: a transport, keys, and how lists are read. */
final class Api
{
    public function __construct(
        public readonly Transport $transport,
        private readonly IdempotencyKeys $keys,
        public readonly Uploads $uploads,
    ) {
    }

    /** @return array<string, mixed> */
    public function json(BridgeRequest $request): array
    {
        return $this->transport->send($request)->json();
    }

    /** @return array<string, mixed> */
    public function get(string $path, array $query = []): array
    {
        return $this->json(new BridgeRequest('GET', $path, $query));
    }

    /** A POST that is repeated only when it did not begin. @return array<string, mixed> */
    public function post(string $path, array $body = []): array
    {
        return $this->json(new BridgeRequest('POST', $path, body: $body));
    }

    /**
     * @template T of Result
     *
     * @param  array<string, mixed>  $query
     * @param  class-string<T>  $class
     * @return Page<T>
     */
    public function page(string $path, array $query, string $items, string $class = Result::class): Page
    {
        $answer = $this->get($path, $query);
        $follow = fn (string $cursor) => $this->page($path, ['cursor' => $cursor] + $query, $items, $class);

        return new Page($this->collect($answer[$items] ?? [], $class), $answer['next_cursor'] ?? null, $follow);
    }

    /**
     * @template T of Result
     *
     * @param  array<array<string, mixed>>  $rows
     * @param  class-string<T>  $class
     * @return Collection<int, T>
     */
    public function collect(array $rows, string $class = Result::class): Collection
    {
        return Collection::make($rows)->map(fn (array $row) => new $class($row))->values();
    }

    /** Into a file, without holding it in memory. An error, or half a file, is never where a file was. @param  array<string, mixed>  $query */
    public function download(string $path, string $file, array $query = [], string $accept = '*/*'): void
    {
        $part = $file.'.part';
        try {
            $this->transport->send(new BridgeRequest('GET', $path, $query, accept: $accept, extraSeconds: BridgeRequest::LARGE_SECONDS, sink: $part));
            rename($part, $file);
        } finally {
            is_file($part) && unlink($part);
        }
    }

    /** @param  array<string, mixed>  $body */
    public function idempotencyKey(array $body, ?Media $file = null): string
    {
        return $this->keys->next(fn () => json_encode($body, JSON_PARTIAL_OUTPUT_ON_ERROR).$file?->fingerprint());
    }
}
