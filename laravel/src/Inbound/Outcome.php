<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use Illuminate\Http\JsonResponse;

/** What became of a delivery. */
enum Outcome: string
{
    case Accepted = 'accepted';
    case Duplicate = 'duplicate';
    /** Another worker is at it; whether it comes to an end cannot be known yet. */
    case Busy = 'busy';

    public function toResponse(): JsonResponse
    {
        return $this === self::Busy
            ? new JsonResponse(['status' => $this->value, 'retry_after' => 5], 503, ['Retry-After' => '5'])
            : new JsonResponse(['status' => $this->value], 202);
    }
}
