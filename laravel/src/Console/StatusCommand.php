<?php

declare(strict_types=1);

namespace WhatsAppBridge\Console;

use Illuminate\Console\Command;
use WhatsAppBridge\Exceptions\WhatsAppException;
use WhatsAppBridge\Results\Session;
use WhatsAppBridge\Services\HealthReport;
use WhatsAppBridge\WhatsApp;

/**
 * Both sides: whether the bridge can be reached, lets this application in and can work, how its sessions are, and what has
 * arrived here. Exit code 1 unless all is well.
 */
final class StatusCommand extends Command
{
    protected $signature = 'whatsapp:status {--json : for programs}';

    protected $description = 'Show the state of the WhatsApp bridge, of its sessions, and of what has arrived here';

    public function handle(WhatsApp $whatsapp, HealthReport $health): int
    {
        $here = array_intersect_key($health->report(), ['queue' => 0, 'received' => 0, 'problems' => 0]);
        try {
            $bridge = $whatsapp->ready();
            $sessions = $whatsapp->sessions();
            $error = null;
        } catch (WhatsAppException $thrown) {
            $bridge = $sessions = null;
            $error = $thrown->getMessage();
        }
        $isWell = $error === null && $bridge->status === 'ready' && $here['queue']['ok'] && $here['received']['ok'] && $here['problems'] === [];

        if ($this->option('json')) {
            $this->line((string) json_encode(['ok' => $isWell, 'error' => $error, 'bridge' => $bridge, 'sessions' => $sessions, 'here' => $here], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));

            return $isWell ? self::SUCCESS : self::FAILURE;
        }

        $this->line('The bridge');
        $error === null ? $this->showBridge($bridge->checks ?? [], $sessions->all()) : $this->error('  '.$error);
        $this->line('This application');
        $this->showChecks(['queue' => $here['queue'], 'received' => $here['received']]);
        foreach ($here['problems'] as $problem) {
            $this->warn('  '.$problem);
        }

        return $isWell ? self::SUCCESS : self::FAILURE;
    }

    /**
     * @param  array<string, array<string, mixed>>  $checks
     * @param  list<Session>  $sessions
     */
    private function showBridge(array $checks, array $sessions): void
    {
        $this->showChecks($checks);
        if ($sessions === []) {
            $this->line("  There is no session yet: WhatsApp::createSession('sales')");

            return;
        }
        $this->table(['Session', 'State', 'Phone', 'Chats synced', 'Why'], array_map(fn (Session $session) => [
            $session->id,
            $session->state,
            $session->phone ?? '',
            $session->sync === null ? '' : "{$session->sync['synced']}/{$session->sync['total']}",
            $session->isWorking() ? '' : ($session->reason['message'] ?? ''),
        ], $sessions));
    }

    /** @param  array<string, array<string, mixed>>  $checks */
    private function showChecks(array $checks): void
    {
        foreach ($checks as $name => $check) {
            $facts = array_diff_key($check, ['ok' => 0]);
            $line = "  {$name}: ".($check['ok'] ? 'ok' : 'NOT OK').($facts === [] ? '' : ' '.json_encode($facts, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
            $check['ok'] ? $this->line($line) : $this->warn($line);
        }
    }
}
