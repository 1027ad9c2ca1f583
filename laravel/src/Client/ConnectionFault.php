<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use GuzzleHttp\Exception\ConnectException;
use GuzzleHttp\Exception\RequestException;
use Throwable;

/** Reads from an exception of the HTTP client whether the request had left. Laravel's versions wrap Guzzle's differently. */
final class ConnectionFault
{
    /** cURL's codes for: host not found, not connected, no TLS. Nothing of the request has been sent by then. */
    private const BEFORE_SENDING = [5, 6, 7, 35];

    public static function of(Throwable $error): Failure
    {
        for ($cause = $error; $cause !== null; $cause = $cause->getPrevious()) {
            if ($cause instanceof ConnectException || $cause instanceof RequestException) {
                $code = $cause->getHandlerContext()['errno'] ?? null;

                return in_array($code, self::BEFORE_SENDING, true) ? Failure::notConnected() : Failure::brokenOff();
            }
        }

        // When in doubt it may have arrived.
        return Failure::brokenOff();
    }
}
