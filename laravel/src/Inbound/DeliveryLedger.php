<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use Closure;
use Illuminate\Database\Eloquent\Builder;
use Throwable;
use WhatsAppBridge\Support\Models;

/**
 * Does the work of each delivery once, however often and on however many workers it arrives. What decides is a unique
 * row of the database, not a cache, which may forget.
 *
 * A row is claimed for a while and marked when the work is done. Work that throws gives its claim back, so that the
 * bridge's next attempt does it; the claim of a worker that was killed runs out. A second worker with the same delivery
 * waits for the first one: it must not answer "done" for work that may still fail.
 */
final class DeliveryLedger
{
    private const CLAIM_SECONDS = 60;

    private const WAIT_MICROSECONDS = 50_000;

    private const MAX_WAITS = 40;

    /**
     * @param array<string, mixed> $payload of a delivery
     * @param Closure(): void $work at least once it runs to its end; its effects must bear a repeat after a crash
     */
    public function once(array $payload, Closure $work): Outcome
    {
        $id = $payload['delivery_id'];
        $outcome = $this->claim($id, $payload);
        if ($outcome !== Outcome::Accepted) {
            return $outcome;
        }
        try {
            $work();
        } catch (Throwable $failure) {
            $this->row($id)->update(['claimed_until' => 0]);
            throw $failure;
        }
        $this->row($id)->update(['processed_at' => now()]);

        return Outcome::Accepted;
    }

    /**
     * For work that is only to be queued: row and job in one transaction, and so in one write to the disk. A second worker
     * with the same delivery waits for the row.
     *
     * @param array<string, mixed> $payload of a delivery
     * @param Closure(): void $push
     */
    public function queue(array $payload, Closure $push): Outcome
    {
        return Models::transaction(function () use ($payload, $push): Outcome {
            $isNew = Models::query('deliveries')->insertOrIgnore($this->values($payload) + ['processed_at' => now()]);
            if ($isNew === 1) {
                $push();
            }

            return $isNew === 1 ? Outcome::Accepted : Outcome::Duplicate;
        });
    }

    /** @param array<string, mixed> $payload */
    private function claim(string $id, array $payload): Outcome
    {
        $isNew = Models::query('deliveries')->insertOrIgnore($this->values($payload) + ['claimed_until' => now()->getTimestamp() + self::CLAIM_SECONDS]);

        return $isNew === 1 ? Outcome::Accepted : $this->claimKnown($id);
    }

    private function claimKnown(string $id): Outcome
    {
        for ($wait = 0; $wait < self::MAX_WAITS; $wait++) {
            if ($this->row($id)->whereNotNull('processed_at')->exists()) {
                return Outcome::Duplicate;
            }
            $now = now()->getTimestamp();
            $claimed = $this->row($id)->whereNull('processed_at')->where('claimed_until', '<', $now)->update(['claimed_until' => $now + self::CLAIM_SECONDS]);
            if ($claimed === 1) {
                return Outcome::Accepted;
            }
            usleep(self::WAIT_MICROSECONDS);
        }

        return Outcome::Busy;
    }

    private function row(string $id): Builder
    {
        return Models::query('deliveries')->where('delivery_id', $id);
    }

    /**
     * @param array<string, mixed> $payload
     * @return array<string, mixed>
     */
    private function values(array $payload): array
    {
        return [
            'delivery_id' => $payload['delivery_id'],
            'event' => $payload['event'],
            'session_id' => (string) $payload['session_id'],
            'sequence' => $payload['sequence'] ?? null,
            'created_at' => now(),
        ];
    }
}
