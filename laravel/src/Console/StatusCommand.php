<?php

declare(strict_types=1);

namespace WhatsAppBridge\Console;

use Illuminate\Console\Command;
use WhatsAppBridge\Exceptions\WhatsAppException;
use WhatsAppBridge\Results\Session;
use WhatsAppBridge\WhatsApp;

/** Whether the bridge can be reached, lets this application in, can work, and how its sessions are. Exit code 1 when not. */
final class StatusCommand extends Command
{
    protected $signature = 'whatsapp:status {--json : for programs}';

    protected $description = 'Show the state of the WhatsApp bridge and its sessions';

    public function handle(WhatsApp $whatsapp): int
    {
        try {
            $ready = $whatsapp->ready();
            $sessions = $whatsapp->sessions();
        } catch (WhatsAppException $error) {
            $this->option('json') ? $this->line((string) json_encode(['ok' => false, 'error' => $error->getMessage()])) : $this->error($error->getMessage());

            return self::FAILURE;
        }

        $isReady = $ready->status === 'ready';
        if ($this->option('json')) {
            $this->line((string) json_encode(['ok' => $isReady, 'bridge' => $ready, 'sessions' => $sessions], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
        } else {
            $this->show($ready->checks ?? [], $sessions->all());
        }

        return $isReady ? self::SUCCESS : self::FAILURE;
    }

    /**
     * @param  array<string, array<string, mixed>>  $checks
     * @param  list<Session>  $sessions
     */
    private function show(array $checks, array $sessions): void
    {
        foreach ($checks as $name => $check) {
            $facts = array_diff_key($check, ['ok' => 0]);
            $line = ucfirst($name).': '.($check['ok'] ? 'ok' : 'NOT OK').($facts === [] ? '' : ' '.json_encode($facts, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
            $check['ok'] ? $this->line($line) : $this->warn($line);
        }
        if ($sessions === []) {
            $this->line('There is no session yet: WhatsApp::createSession(\'sales\').');

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
}
