<?php

declare(strict_types=1);

namespace WhatsAppBridge\Results;

/**
 * A blast that was taken in, and what was wrong with its rows.
 *
 * @property-read array<string, mixed> $job
 * @property-read int $accepted
 * @property-read int $duplicates
 * @property-read int $invalid
 * @property-read list<array{row: int, reason: string, message: string}> $invalid_rows  the first of them
 */
final class StartedBlast extends Result
{
    public function blast(): Blast
    {
        return new Blast($this->job ?? []);
    }

    public function id(): string
    {
        return (string) ($this->job['id'] ?? '');
    }

    /** With the job as it is now, and the counts that it keeps. */
    public function withJob(Blast $job): self
    {
        $progress = $job->progress ?? [];

        return new self([
            'job' => $job->toArray(),
            'accepted' => $progress['total'] ?? $this->accepted,
            'duplicates' => $progress['skipped_by_reason']['duplicate'] ?? $this->duplicates,
            'invalid' => $progress['invalid'] ?? $this->invalid,
        ] + $this->toArray());
    }
}
