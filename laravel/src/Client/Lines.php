<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Generator;
use GuzzleHttp\Psr7\Utils;
use Psr\Http\Message\StreamInterface;
use WhatsAppBridge\Exceptions\InvalidMessageException;

/** Rows as NDJSON, one a line. They are read while they go out, so that any number of them takes the memory of a few. */
final class Lines
{
    public const TYPE = 'application/x-ndjson';

    private const BYTES_AT_ONCE = 65_536;

    private bool $isBegun = false;

    /** @param  iterable<mixed>  $rows */
    public function __construct(private readonly iterable $rows)
    {
    }

    /** Whether they can be read from their beginning: a generator only once. */
    public function canBegin(): bool
    {
        return ! $this->isBegun || ! $this->rows instanceof Generator;
    }

    public function stream(): StreamInterface
    {
        return Utils::streamFor($this->pieces());
    }

    /** @return Generator<int, string> */
    private function pieces(): Generator
    {
        $this->isBegun = true;
        $piece = '';
        foreach ($this->rows as $row) {
            $line = json_encode($row, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
            $piece .= ($line !== false ? $line : throw new InvalidMessageException('A row cannot be written as JSON: '.json_last_error_msg().'.'))."\n";
            if (strlen($piece) >= self::BYTES_AT_ONCE) {
                yield $piece;
                $piece = '';
            }
        }
        if ($piece !== '') {
            yield $piece;
        }
    }
}
