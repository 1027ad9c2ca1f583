<?php

declare(strict_types=1);

namespace WhatsAppBridge\Services;

use Illuminate\Contracts\Cache\Repository;
use Illuminate\Contracts\Queue\Factory;
use Illuminate\Support\Facades\Http;
use Throwable;
use WhatsAppBridge\Support\InstallCheck;
use WhatsAppBridge\Support\Models;

/**
 * The figures of both sides. `down`: this application cannot take anything in. `degraded`: the bridge does not answer or
 * is not ready, the queue cannot be counted, or a setting will cause trouble.
 */
final class HealthReport
{
    /** Anyone may ask: the bridge is asked this seldom. */
    private const BRIDGE_SECONDS = 5;

    private const TIMEOUT_SECONDS = 2;

    public function __construct(private readonly Repository $cache, private readonly Factory $queues, private readonly InstallCheck $check)
    {
    }

    /** @return array{status: 'ok'|'degraded'|'down', bridge: array<string, mixed>, queue: array<string, mixed>, received: array<string, mixed>, problems: list<string>} */
    public function report(): array
    {
        $received = $this->received();
        $bridge = $this->cache->get('whatsapp-health-bridge') ?? $this->bridge();
        $this->cache->put('whatsapp-health-bridge', $bridge, self::BRIDGE_SECONDS);
        $queue = $this->queue();
        $problems = $this->check->problems();
        $isWell = $bridge['ok'] && $queue['ok'] && $problems === [];

        return [
            'status' => ! $received['ok'] ? 'down' : ($isWell ? 'ok' : 'degraded'),
            'bridge' => $bridge,
            'queue' => $queue,
            'received' => $received,
            'problems' => $problems,
        ];
    }

    /** @return array<string, mixed> */
    private function bridge(): array
    {
        $started = microtime(true);
        try {
            $answer = Http::timeout(self::TIMEOUT_SECONDS)->acceptJson()->get(rtrim((string) config('whatsapp.bridge.url'), '/').'/ready');
        } catch (Throwable) {
            return ['ok' => false, 'reachable' => false];
        }

        return [
            'ok' => $answer->successful(),
            'reachable' => true,
            'milliseconds' => (int) round((microtime(true) - $started) * 1000),
            'checks' => $answer->json('checks'),
        ];
    }

    /** @return array<string, mixed> */
    private function queue(): array
    {
        $name = config('whatsapp.queue.connection') ?? config('queue.default');
        try {
            $waiting = $this->queues->connection($name)->size(config('whatsapp.queue.name'));
        } catch (Throwable) {
            return ['ok' => false, 'connection' => $name];
        }

        return ['ok' => true, 'connection' => $name, 'waiting' => $waiting, 'failed' => $this->failedJobs()];
    }

    /** Of the last hour. Null where failed jobs are not kept in a table. */
    private function failedJobs(): ?int
    {
        $table = config('queue.failed.table');
        try {
            return $table === null ? null : app('db')->connection(config('queue.failed.database'))->table($table)->where('failed_at', '>', now()->subHour())->count();
        } catch (Throwable) {
            return null;
        }
    }

    /** @return array<string, mixed> */
    private function received(): array
    {
        try {
            $recent = Models::query('deliveries')->where('created_at', '>', now()->subHour());

            return [
                'ok' => true,
                'last_hour' => (clone $recent)->count(),
                'unfinished' => (clone $recent)->whereNull('processed_at')->count(),
                'sessions' => Models::query('sessions')->toBase()->selectRaw('status, count(*) as n')->groupBy('status')->pluck('n', 'status')->all(),
            ];
        } catch (Throwable) {
            return ['ok' => false];
        }
    }
}
