<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Generator;
use Illuminate\Support\LazyCollection;
use WhatsAppBridge\Exceptions\InvalidMessageException;

/** Whom a blast goes to. They are read only when they are needed: a million rows need not be in memory. */
final class BlastRecipients
{
    /** A request stays well below the bridge's HTTP_BODY_LIMIT_KB of 1024. */
    private const PIECE_BYTES = 500_000;

    /** @var list<iterable<mixed>> */
    private array $lists = [];

    /** @param  iterable<mixed>  $recipients */
    public function and(iterable $recipients): self
    {
        $copy = clone $this;
        $copy->lists[] = $recipients;

        return $copy;
    }

    /** @return list<array<string, mixed>|string>  as the API takes them */
    public function all(): array
    {
        return array_merge(...iterator_to_array($this->pieces(), false));
    }

    /**
     * In pieces that fit into one request each.
     *
     * @return Generator<int, list<array<string, mixed>|string>>
     *
     * @throws InvalidMessageException
     */
    public function pieces(): Generator
    {
        $piece = [];
        $bytes = 0;
        foreach ($this->each() as $recipient) {
            $size = strlen((string) json_encode($recipient, JSON_UNESCAPED_UNICODE)) + 1;
            if ($piece !== [] && $bytes + $size > self::PIECE_BYTES) {
                yield $piece;
                [$piece, $bytes] = [[], 0];
            }
            $piece[] = $recipient;
            $bytes += $size;
        }
        if ($piece !== []) {
            yield $piece;
        }
    }

    /**
     * Each as the API takes it. What can be read again can be read again here.
     *
     * @param  iterable<mixed>  $recipients
     * @return iterable<array<string, mixed>|string>
     */
    public static function normalised(iterable $recipients): iterable
    {
        $each = static function () use ($recipients): Generator {
            foreach ($recipients as $recipient) {
                yield self::normal($recipient);
            }
        };

        return $recipients instanceof Generator ? $each() : LazyCollection::make($each);
    }

    /** @return Generator<int, array<string, mixed>|string> */
    private function each(): Generator
    {
        foreach ($this->lists as $recipients) {
            foreach ($recipients as $recipient) {
                yield self::normal($recipient);
            }
        }
    }

    /** @return array<string, mixed>|string */
    private static function normal(mixed $recipient): array|string
    {
        if (is_string($recipient) || is_int($recipient)) {
            return (string) $recipient;
        }
        if (! is_array($recipient) || ! is_scalar($recipient['phone'] ?? null)) {
            throw new InvalidMessageException("A recipient is a phone number, or ['phone' => …, 'variables' => […]].");
        }
        // PHP writes an empty array as a list, and the API wants an object.
        $variables = (array) ($recipient['variables'] ?? []);

        return ['phone' => (string) $recipient['phone']] + ($variables === [] ? [] : ['variables' => $variables]);
    }
}
