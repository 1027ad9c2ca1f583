<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Closure;
use GuzzleHttp\Exception\TransferException;
use Illuminate\Http\Client\ConnectionException;
use Illuminate\Http\Client\Factory;
use Illuminate\Http\Client\PendingRequest;
use Illuminate\Http\Client\Response;
use WhatsAppBridge\Exceptions\BridgeUnreachableException;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Exceptions\WhatsAppApiException;

/** Sends over Laravel's HTTP client, so that `Http::fake()` and its events see it. */
final class HttpTransport implements Transport
{
    /** @param  Closure(int): void  $sleep  milliseconds */
    public function __construct(
        private readonly Factory $http,
        private readonly Connection $connection,
        private readonly RetryPolicy $retries,
        private readonly Closure $sleep,
    ) {
    }

    public function send(BridgeRequest $request): BridgeAnswer
    {
        $body = $this->encode($request);

        for ($attempt = 1; ; $attempt++) {
            [$failure, $outcome] = $this->attempt($request, $body);
            if ($outcome instanceof BridgeAnswer) {
                return $outcome;
            }
            $pause = $this->retries->pauseMs($attempt, $failure, $request->safety());
            if ($pause === null || ! ($request->lines?->canBegin() ?? true)) {
                throw $outcome;
            }
            ($this->sleep)($pause);
        }
    }

    /** @return array{?Failure, BridgeAnswer|WhatsAppApiException|BridgeUnreachableException} */
    private function attempt(BridgeRequest $request, ?string $body): array
    {
        try {
            $response = $this->ask($request, $body);
        } catch (ConnectionException|TransferException $error) {
            $failure = ConnectionFault::of($error);

            return [$failure, new BridgeUnreachableException($this->connection->url, $failure->mayHaveBegun, $error)];
        }
        if ($response->successful() || in_array($response->status(), $request->answers, true)) {
            return [null, new BridgeAnswer($response->status(), $request->sink === null ? $response->body() : '', $response->header('Content-Type'))];
        }
        $retryAfter = self::seconds($response->header('Retry-After'));

        return [Failure::answered($response->status(), $retryAfter), WhatsAppApiException::of($response->status(), $response->body(), $retryAfter)];
    }

    private function ask(BridgeRequest $request, ?string $body): Response
    {
        $pending = $this->pending($request);
        $url = $request->path.self::queryString($request->query);

        if ($request->file !== null) {
            // Opened anew for each attempt: a stream that was read is at its end.
            return $pending->attach('file', $request->file->open(), $request->file->filename())->post($url, $body === null ? [] : ['json' => $body]);
        }
        if ($request->lines !== null) {
            // Laravel's `withBody()` takes no stream in every version.
            $pending->withOptions(['body' => $request->lines->stream()])->withHeaders(['Content-Type' => Lines::TYPE]);
        } elseif ($body !== null) {
            $pending->withBody($body, 'application/json');
        }

        return $pending->send($request->method, $url);
    }

    private function pending(BridgeRequest $request): PendingRequest
    {
        $headers = array_filter([
            'X-Api-Key' => $this->connection->apiKey,
            'Accept' => $request->accept,
            'Idempotency-Key' => $request->idempotencyKey,
        ], fn (?string $value) => $value !== null && $value !== '');

        // A redirect would carry the key to wherever it points.
        $pending = $this->http->baseUrl($this->connection->url)
            ->withHeaders($headers)
            ->withoutRedirecting()
            ->timeout($this->connection->timeout + $request->extraSeconds)
            ->withOptions(['connect_timeout' => $this->connection->connectTimeout]);

        return $request->sink === null ? $pending : $pending->sink($request->sink);
    }

    /** @throws InvalidMessageException when it cannot be written as JSON, such as text that is not UTF-8 */
    private function encode(BridgeRequest $request): ?string
    {
        if ($request->body === []) {
            return null;
        }
        $json = json_encode($request->body, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION);

        return $json !== false ? $json : throw new InvalidMessageException('The request cannot be written as JSON: '.json_last_error_msg().'.');
    }

    /** @param  array<string, mixed>  $query */
    private static function queryString(array $query): string
    {
        $given = array_map(fn ($value) => is_bool($value) ? ($value ? 'true' : 'false') : $value, array_filter($query, fn ($value) => $value !== null));

        return $given === [] ? '' : '?'.http_build_query($given, '', '&', PHP_QUERY_RFC3986);
    }

    /** `Retry-After` as seconds; the bridge gives no dates. */
    private static function seconds(string $header): ?int
    {
        return ctype_digit($header) ? (int) $header : null;
    }
}
