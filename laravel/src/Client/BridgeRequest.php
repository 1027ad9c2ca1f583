<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use WhatsAppBridge\Messages\Media;

/** One request to the bridge, as data: what a fake records is what would have been sent. */
final class BridgeRequest
{
    /** For what takes its time: a large list, a large file. In seconds. */
    public const LARGE_SECONDS = 600;

    /**
     * @param  string  $path  below the bridge's URL; see {@see self::path()}
     * @param  array<string, mixed>  $query
     * @param  array<string, mixed>  $body  sent as JSON; with a file, as the field `json` of a form
     * @param  Lines|null  $lines  instead of a body
     * @param  string|null  $sink  a file that the answer's body is written to
     * @param  list<int>  $answers  statuses beyond 2xx that are an answer to it, and no error
     * @param  int  $extraSeconds  how much longer than usual an answer may take
     */
    public function __construct(
        public readonly string $method,
        public readonly string $path,
        public readonly array $query = [],
        public readonly array $body = [],
        public readonly ?Media $file = null,
        public readonly ?string $idempotencyKey = null,
        public readonly string $accept = 'application/json',
        public readonly int $extraSeconds = 0,
        public readonly ?string $sink = null,
        public readonly array $answers = [],
        private readonly ?RetrySafety $safety = null,
        public readonly ?Lines $lines = null,
    ) {
    }

    /** A path whose variable parts are encoded: `BridgeRequest::path('/api/sessions/%s/qr', 'sales')`. */
    public static function path(string $pattern, string|int ...$parts): string
    {
        return sprintf($pattern, ...array_map(fn ($part) => rawurlencode((string) $part), $parts));
    }

    public function safety(): RetrySafety
    {
        if ($this->safety !== null) {
            return $this->safety;
        }
        $repeatable = $this->idempotencyKey !== null || in_array($this->method, ['GET', 'PUT', 'PATCH', 'DELETE'], true);

        return $repeatable ? RetrySafety::Repeatable : RetrySafety::UnlessBegun;
    }
}
