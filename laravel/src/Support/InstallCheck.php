<?php

declare(strict_types=1);

namespace WhatsAppBridge\Support;

use WhatsAppBridge\Jobs\WhatsAppChatSyncJob;
use WhatsAppBridge\Webhooks\SignatureVerifier;

/** What would go wrong with the application's settings, in sentences that say what to do. */
final class InstallCheck
{
    private const RECOMMENDED_RETRY_AFTER = 330;

    private const MIN_SECRET_LENGTH = 32;

    /** @return list<string> empty when all is well */
    public function problems(): array
    {
        return array_values(array_filter([$this->secretProblem(), $this->queueProblem(), $this->throttleProblem()]));
    }

    private function secretProblem(): ?string
    {
        $secret = (string) config('whatsapp.secret');
        if (! (new SignatureVerifier([$secret]))->hasSecret()) {
            return 'WHATSAPP_SECRET is missing or cannot be read: every request of the bridge is refused. Give it the value of the bridge\'s WEBHOOK_SECRET.';
        }

        return strlen($secret) < self::MIN_SECRET_LENGTH ? 'WHATSAPP_SECRET is shorter than 32 characters: the bridge refuses such a secret. Make one with `openssl rand -hex 32`.' : null;
    }

    private function queueProblem(): ?string
    {
        $name = config('whatsapp.queue.connection') ?? config('queue.default');
        $connection = config("queue.connections.$name");
        if ($connection === null) {
            return "The queue connection `$name` is not in config/queue.php.";
        }
        if ($connection['driver'] === 'sync') {
            return "The queue connection `$name` is `sync`: chats are stored while the bridge waits for an answer. Use a real queue, and run `php artisan queue:work`.";
        }
        $retryAfter = $connection['retry_after'] ?? null;
        if ($retryAfter !== null && (int) $retryAfter <= WhatsAppChatSyncJob::TIMEOUT) {
            return sprintf('`retry_after` of the queue connection `%s` is %d s, and a chat sync may take %d s: a second worker would take the job while it still runs. Set it to %d.', $name, $retryAfter, WhatsAppChatSyncJob::TIMEOUT, self::RECOMMENDED_RETRY_AFTER);
        }

        return null;
    }

    private function throttleProblem(): ?string
    {
        $store = config('cache.default');

        return config("cache.stores.$store.driver") === 'array' && ! app()->environment('testing')
            ? 'The cache store `array` forgets everything after each request: the limit of chat syncs has no effect. Use another one.'
            : null;
    }
}
