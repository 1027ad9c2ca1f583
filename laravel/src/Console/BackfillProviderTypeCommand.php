<?php

declare(strict_types=1);

namespace WhatsAppBridge\Console;

use Illuminate\Console\Command;
use WhatsAppBridge\Services\ProviderTypeBackfill;

final class BackfillProviderTypeCommand extends Command
{
    protected $signature = 'chats:backfill-provider-type
        {--provider=meta : what the chats came through that are not the bridge\'s}
        {--chunk=1000 : rows at once}';

    protected $description = 'Gives provider_type and chat_type to the chats that were there before the bridge, and reports chats that exist twice';

    public function handle(): int
    {
        $chunk = (int) $this->option('chunk');
        $provider = (string) $this->option('provider');
        if ($chunk < 1 || preg_match('/^[a-z0-9_-]{1,32}$/', $provider) !== 1) {
            $this->error('--chunk is a number from 1, --provider a word of at most 32 lowercase letters, digits, - and _.');

            return 2;
        }
        $seen = 0;
        $backfill = new ProviderTypeBackfill($provider, $chunk);
        $changed = $backfill->run(function (int $rows) use (&$seen): void {
            $seen += $rows;
            $this->line("$seen chats …", null, 'v');
        });
        $this->info("$changed chats changed.");

        $duplicates = $backfill->duplicates();
        foreach ($duplicates as $duplicate) {
            $this->warn("Session {$duplicate['session']} has one chat more than once: ids ".implode(', ', $duplicate['ids']));
        }
        if ($duplicates !== []) {
            $this->error(count($duplicates).' chats exist more than once. Merge them before you migrate: the unique index would fail on them.');

            return 1;
        }

        return 0;
    }
}
