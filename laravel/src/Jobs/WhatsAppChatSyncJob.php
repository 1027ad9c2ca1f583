<?php

declare(strict_types=1);

namespace WhatsAppBridge\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Support\Facades\Log;
use Throwable;
use WhatsAppBridge\Events\ChatSyncFailed;
use WhatsAppBridge\Events\WhatsAppChatSynced;
use WhatsAppBridge\Inbound\ChatStore;
use WhatsAppBridge\Inbound\SessionStore;
use WhatsAppBridge\Models\WhatsAppSession;
use WhatsAppBridge\Support\Failure;
use WhatsAppBridge\Support\Models;
use WhatsAppBridge\Support\Text;

/**
 * Stores one batch of chats, ten a transaction. A chat that cannot be stored fails its own ten; the others are stored.
 * It may run twice: everything in it is an upsert.
 */
final class WhatsAppChatSyncJob implements ShouldQueue
{
    use InteractsWithQueue;
    use Queueable;

    /** Seconds. The queue connection's `retry_after` must be longer, or a second worker takes the job while it still runs. */
    public const TIMEOUT = 300;

    private const CHATS_PER_TRANSACTION = 10;

    public int $timeout = self::TIMEOUT;

    public int $tries = 3;

    /** @param array<string, mixed> $batch as it came, checked but for its chats */
    public function __construct(public readonly array $batch)
    {
        $this->onConnection(config('whatsapp.queue.connection'));
        $this->onQueue(config('whatsapp.queue.name'));
    }

    /** @return list<int> seconds before the second and the third try */
    public function backoff(): array
    {
        return [10, 40];
    }

    public function handle(SessionStore $sessions, ChatStore $chats, Dispatcher $events): void
    {
        $session = $this->session($sessions);
        $failure = null;
        $stored = [];
        $new = [];
        foreach (array_chunk(array_values($this->batch['chats']), self::CHATS_PER_TRANSACTION) as $number => $chunk) {
            try {
                array_push($new, ...Models::transaction(fn (): array => $chats->save($session, $chunk)));
                array_push($stored, ...array_column($chunk, 'chat_id'));
            } catch (Throwable $error) {
                $failure = $error;
                Log::channel('whatsapp')->warning('Ten chats of a batch could not be stored', $this->context() + ['chunk' => $number + 1, 'try' => $this->attempts(), 'error' => Failure::describe($error)]);
            }
        }
        if ($stored !== []) {
            $events->dispatch(new WhatsAppChatSynced($session->session_id, $session->workspace_id, $this->batch['sync_id'], (int) $this->batch['batch']['number'], (bool) $this->batch['batch']['last'], $stored, $new));
        }
        if ($failure !== null) {
            throw $failure;
        }
    }

    public function failed(?Throwable $error): void
    {
        $reason = Failure::describe($error);
        Log::channel('whatsapp')->error('A batch of chats could not be stored completely', $this->context() + ['error' => $reason]);
        $session = $this->session(app(SessionStore::class));
        $session->mergeMetadata(['sync_id' => $this->batch['sync_id'], 'sync_status' => 'failed', 'last_error' => $reason, 'failed_batch' => $this->batch['batch']['number']]);
        event(new ChatSyncFailed($session->session_id, $session->workspace_id, $this->batch['sync_id'], (int) $this->batch['batch']['number'], $reason));
    }

    private function session(SessionStore $sessions): WhatsAppSession
    {
        return $sessions->resolve((string) $this->batch['session_id'], Text::optionalId($this->batch['workspace_id'] ?? null));
    }

    /** @return array<string, mixed> */
    private function context(): array
    {
        return ['session' => $this->batch['session_id'], 'sync' => $this->batch['sync_id'], 'batch' => $this->batch['batch']['number'], 'delivery' => $this->batch['delivery_id']];
    }
}
