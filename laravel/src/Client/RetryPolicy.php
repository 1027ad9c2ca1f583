<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

/** Whether a request is sent again, and after how long. It decides, and does nothing. */
final class RetryPolicy
{
    /** Answers that another attempt can mend. Any other says the same again. */
    private const PASSING = [408, 429, 503];

    /**
     * @param  int  $attempts  in all, from 1
     * @param  int  $baseMs  the first pause; it doubles
     * @param  int  $longestWaitMs  a caller waits no longer than this for one attempt; what asks for more is an error
     */
    public function __construct(
        public readonly int $attempts = 4,
        public readonly int $baseMs = 250,
        public readonly int $longestWaitMs = 20_000,
    ) {
    }

    /**
     * The pause before the next attempt in ms, or null when there is none.
     *
     * @param  int  $attempt  the one that failed, from 1
     */
    public function pauseMs(int $attempt, Failure $failure, RetrySafety $safety): ?int
    {
        if ($attempt >= $this->attempts || ! $this->canMend($failure) || ($failure->mayHaveBegun && $safety !== RetrySafety::Repeatable)) {
            return null;
        }
        $pause = $failure->retryAfter !== null ? $failure->retryAfter * 1000 : $this->baseMs * 2 ** ($attempt - 1);

        if ($pause > $this->longestWaitMs) {
            // Asking before the time is up would only be refused again.
            return $failure->retryAfter !== null ? null : $this->longestWaitMs;
        }

        return $pause;
    }

    private function canMend(Failure $failure): bool
    {
        return $failure->status === null || in_array($failure->status, self::PASSING, true);
    }
}
