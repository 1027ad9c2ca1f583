<?php

declare(strict_types=1);

namespace WhatsAppBridge\Support;

use Illuminate\Support\Carbon;
use Throwable;

/** Values of a payload in the form that a column takes. */
final class Text
{
    /** PostgreSQL's and MySQL's `integer`. */
    private const MAX_INTEGER = 2_147_483_647;

    /** At most so many characters, and without NUL, which PostgreSQL does not store. Null for what is no text. */
    public static function clip(mixed $value, int $maxLength = 255): ?string
    {
        return is_string($value) || is_int($value) ? mb_substr(str_replace("\0", '', (string) $value), 0, $maxLength) : null;
    }

    /** The bridge echoes numbers and texts as they came to it; an empty one is none. */
    public static function optionalId(mixed $value): ?string
    {
        return $value === null || $value === '' ? null : (string) $value;
    }

    /** A whole number that every database has room for; null for anything else. */
    public static function count(mixed $value): ?int
    {
        return is_int($value) && $value >= 0 && $value <= self::MAX_INTEGER ? $value : null;
    }

    /** An ISO 8601 time; null for anything else. */
    public static function time(mixed $value): ?Carbon
    {
        if (! is_string($value) || preg_match('/^\d{4}-\d\d-\d\dT/', $value) !== 1) {
            return null;
        }
        try {
            return Carbon::parse($value)->setTimezone(config('app.timezone'));
        } catch (Throwable) {
            return null;
        }
    }

    /** @return array<string, mixed> empty for what is no JSON object */
    public static function map(mixed $value): array
    {
        return is_array($value) ? $value : [];
    }
}
