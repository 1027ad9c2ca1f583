<?php

declare(strict_types=1);

namespace WhatsAppBridge\Results;

/**
 * A blast, with its figures at that moment.
 *
 * @property-read string $id  `bls_…`
 * @property-read string|null $name
 * @property-read string $state  DRAFT, SCHEDULED, RUNNING, PAUSED, STOPPED, COMPLETED or FAILED
 * @property-read array{code: string, message: string, detail: string|null}|null $reason  why it stands still
 * @property-read string|int|null $workspace_id
 * @property-read list<string|int> $session_ids
 * @property-read bool $skipRecipientsInAddress
 * @property-read array<string, mixed> $content
 * @property-read array<string, mixed> $pace
 * @property-read string|null $scheduled_at
 * @property-read array<string, mixed> $progress  total, done, percent, states, skipped_by_reason, …
 * @property-read string $created_at
 * @property-read string|null $started_at
 * @property-read string|null $finished_at
 */
final class Blast extends Result
{
    public function isRunning(): bool
    {
        return $this->state === 'RUNNING';
    }

    public function isOver(): bool
    {
        return in_array($this->state, ['STOPPED', 'COMPLETED', 'FAILED'], true);
    }

    /** 0 to 100. */
    public function percent(): float
    {
        return (float) ($this->progress['percent'] ?? 0);
    }

    /** Recipients in a state: `count('delivered')`. */
    public function count(string $state): int
    {
        return (int) ($this->progress['states'][$state] ?? 0);
    }
}
