<?php

declare(strict_types=1);

namespace WhatsAppBridge\Support;

use Illuminate\Database\QueryException;
use Throwable;
use WhatsAppBridge\Inbound\InvalidPayload;

final class Failure
{
    /** What went wrong, without the values that an exception's own message may hold: those are people's names and numbers. */
    public static function describe(?Throwable $error): string
    {
        return match (true) {
            $error === null => 'unknown',
            $error instanceof InvalidPayload => $error->getMessage(),
            $error instanceof QueryException => 'the database refused it (SQLSTATE '.$error->getCode().')',
            default => class_basename($error).' at '.basename($error->getFile()).':'.$error->getLine(),
        };
    }
}
