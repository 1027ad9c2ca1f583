<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Closure;
use Illuminate\Support\Str;

/**
 * The keys that make a request safe to repeat. Inside a queued job a key follows from the job and from what is sent, so
 * that a job which is tried again sends nothing twice; anywhere else each call has a key of its own, kept over the
 * attempts of that call.
 */
final class IdempotencyKeys
{
    /** @var array<array{uuid: string, seen: array<string, int>}> the jobs that run, the innermost last */
    private array $jobs = [];

    public function jobBegins(?string $uuid): void
    {
        $this->jobs[] = ['uuid' => (string) $uuid, 'seen' => []];
    }

    public function jobEnds(): void
    {
        array_pop($this->jobs);
    }

    /** @param  Closure(): string  $what  all of what is sent, in any form that is the same each time; asked for only within a job */
    public function next(Closure $what): string
    {
        $last = array_key_last($this->jobs);
        if ($last === null || $this->jobs[$last]['uuid'] === '') {
            return 'call-'.Str::uuid();
        }
        $hash = substr(hash('sha256', $what()), 0, 32);
        // The same thing sent twice on purpose within one attempt is twice.
        $nth = $this->jobs[$last]['seen'][$hash] = ($this->jobs[$last]['seen'][$hash] ?? 0) + 1;

        return "job-{$this->jobs[$last]['uuid']}-{$hash}-{$nth}";
    }
}
