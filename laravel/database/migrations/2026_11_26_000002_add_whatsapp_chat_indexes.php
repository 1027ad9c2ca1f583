<?php

declare(strict_types=1);

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use WhatsAppBridge\Services\ProviderTypeBackfill;
use WhatsAppBridge\Support\Models;

/**
 * The indexes of `chats`. The rows that were there before first get their values; where that takes long, run
 * `php artisan chats:backfill-provider-type` beforehand, at leisure: here only what is left is done.
 */
return new class extends Migration
{
    private const INDEXES = [
        'whatsapp_chats_recent_index' => ['workspace_id', 'last_message_at'],
        'whatsapp_chats_session_recent_index' => ['workspace_id', 'whatsapp_session_id', 'last_message_at'],
        'whatsapp_chats_group_index' => ['group_id'],
        'whatsapp_chats_contact_index' => ['contact_id'],
        'whatsapp_chats_uuid_index' => ['uuid'],
        'whatsapp_chats_provider_index' => ['provider_type', 'chat_type'],
    ];

    public function getConnection(): ?string
    {
        return config('whatsapp.connection');
    }

    public function up(): void
    {
        $backfill = new ProviderTypeBackfill;
        $backfill->run();
        $duplicates = $backfill->duplicates();
        if ($duplicates !== []) {
            throw new RuntimeException('Some chats exist twice in one session, so that the unique index cannot be made. Look at them with `php artisan chats:backfill-provider-type`, merge them, and migrate again. Ids: '
                .implode('; ', array_map(fn (array $duplicate): string => implode(', ', $duplicate['ids']), array_slice($duplicates, 0, 20))));
        }
        Models::connection()->getSchemaBuilder()->table(config('whatsapp.tables.chats'), function (Blueprint $table): void {
            $table->unique(['whatsapp_session_id', 'chat_jid'], 'whatsapp_chats_jid_unique');
            foreach (self::INDEXES as $name => $columns) {
                $table->index($columns, $name);
            }
        });
    }

    public function down(): void
    {
        Models::connection()->getSchemaBuilder()->table(config('whatsapp.tables.chats'), function (Blueprint $table): void {
            $table->dropUnique('whatsapp_chats_jid_unique');
            foreach (array_keys(self::INDEXES) as $name) {
                $table->dropIndex($name);
            }
        });
    }
};
