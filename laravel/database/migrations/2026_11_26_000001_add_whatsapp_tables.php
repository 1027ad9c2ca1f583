<?php

declare(strict_types=1);

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use WhatsAppBridge\Support\Models;
use WhatsAppBridge\Support\TableChanges;

/**
 * Only adds: `chats` and `contacts` of an existing application keep what they have and get the columns that they lack.
 * The indexes of `chats` come in the next migration, after the rows that exist have got their values.
 */
return new class extends Migration
{
    public function getConnection(): ?string
    {
        return config('whatsapp.connection');
    }

    public function up(): void
    {
        $tables = config('whatsapp.tables');
        $changes = new TableChanges;
        $workspace = ['workspace_id' => fn (Blueprint $table) => $table->string('workspace_id', 64)->nullable()];
        $session = ['whatsapp_session_id' => fn (Blueprint $table) => $table->unsignedBigInteger('whatsapp_session_id')->nullable()];
        $times = [
            'created_at' => fn (Blueprint $table) => $table->timestamp('created_at')->nullable(),
            'updated_at' => fn (Blueprint $table) => $table->timestamp('updated_at')->nullable(),
        ];
        $created = fn (string $which, array $columns): bool => $changes->ensure($tables[$which], $columns + $times);
        $index = fn (string $which, Closure $add) => Models::connection()->getSchemaBuilder()->table($tables[$which], $add);

        if ($created('sessions', $workspace + $this->sessionColumns())) {
            $index('sessions', fn (Blueprint $table) => $table->unique('session_id', 'whatsapp_sessions_session_unique'));
        }
        if ($created('groups', $workspace + $session + $this->groupColumns())) {
            $index('groups', fn (Blueprint $table) => $table->unique(['whatsapp_session_id', 'group_jid'], 'whatsapp_groups_jid_unique'));
        }
        if ($created('contacts', $workspace + $this->contactColumns())) {
            $index('contacts', function (Blueprint $table): void {
                $table->unique('uuid', 'whatsapp_contacts_uuid_unique');
                $table->index(['workspace_id', 'phone'], 'whatsapp_contacts_phone_index');
            });
        }
        $created('chats', $workspace + $session + $this->chatColumns());
        if ($created('messages', $workspace + $session + $this->messageColumns())) {
            $index('messages', function (Blueprint $table): void {
                $table->unique(['whatsapp_session_id', 'message_id'], 'whatsapp_messages_id_unique');
                $table->index(['chat_id', 'id'], 'whatsapp_messages_chat_index');
                $table->index('bridge_id', 'whatsapp_messages_bridge_index');
            });
        }
        if ($changes->ensure($tables['deliveries'], $this->deliveryColumns())) {
            $index('deliveries', function (Blueprint $table): void {
                $table->unique('delivery_id', 'whatsapp_deliveries_id_unique');
                $table->index(['session_id', 'sequence'], 'whatsapp_deliveries_sequence_index');
                $table->index('created_at', 'whatsapp_deliveries_created_index');
            });
        }
    }

    /** Takes away the tables that are the package's alone. `chats` and `contacts` may hold the application's data and stay. */
    public function down(): void
    {
        foreach (['deliveries', 'messages', 'groups', 'sessions'] as $which) {
            Models::connection()->getSchemaBuilder()->dropIfExists(config("whatsapp.tables.$which"));
        }
    }

    /** @return array<string, Closure> */
    private function sessionColumns(): array
    {
        return [
            'session_id' => fn (Blueprint $table) => TableChanges::id($table, 'session_id'),
            'status' => fn (Blueprint $table) => $table->string('status', 32)->nullable(),
            'status_code' => fn (Blueprint $table) => $table->string('status_code', 64)->nullable(),
            'status_message' => fn (Blueprint $table) => $table->string('status_message', 500)->nullable(),
            'status_changed_at' => fn (Blueprint $table) => $table->dateTime('status_changed_at')->nullable(),
            'phone' => fn (Blueprint $table) => $table->string('phone', 32)->nullable(),
            'metadata' => fn (Blueprint $table) => $table->json('metadata')->nullable(),
            'sequence_watermark' => fn (Blueprint $table) => $table->unsignedBigInteger('sequence_watermark')->nullable(),
            'sequence_checked_at' => fn (Blueprint $table) => $table->dateTime('sequence_checked_at')->nullable(),
        ];
    }

    /** @return array<string, Closure> */
    private function groupColumns(): array
    {
        return [
            'group_jid' => fn (Blueprint $table) => TableChanges::id($table, 'group_jid'),
            'name' => fn (Blueprint $table) => $table->string('name')->nullable(),
            'participants' => fn (Blueprint $table) => $table->json('participants')->nullable(),
            'participants_count' => fn (Blueprint $table) => $table->unsignedInteger('participants_count')->default(0),
            'settings' => fn (Blueprint $table) => $table->json('settings')->nullable(),
        ];
    }

    /** @return array<string, Closure> */
    private function contactColumns(): array
    {
        return [
            'uuid' => fn (Blueprint $table) => $table->uuid('uuid')->nullable(),
            'name' => fn (Blueprint $table) => $table->string('name')->nullable(),
            'phone' => fn (Blueprint $table) => $table->string('phone', 32)->nullable(),
        ];
    }

    /** @return array<string, Closure> */
    private function chatColumns(): array
    {
        return [
            'uuid' => fn (Blueprint $table) => $table->uuid('uuid')->nullable(),
            'provider_type' => fn (Blueprint $table) => $table->string('provider_type', 32)->nullable(),
            'chat_type' => fn (Blueprint $table) => $table->string('chat_type', 16)->nullable(),
            'contact_id' => fn (Blueprint $table) => $table->unsignedBigInteger('contact_id')->nullable(),
            'group_id' => fn (Blueprint $table) => $table->unsignedBigInteger('group_id')->nullable(),
            'chat_jid' => fn (Blueprint $table) => TableChanges::id($table, 'chat_jid'),
            'lid' => fn (Blueprint $table) => TableChanges::id($table, 'lid', 64),
            'name' => fn (Blueprint $table) => $table->string('name')->nullable(),
            'phone' => fn (Blueprint $table) => $table->string('phone', 32)->nullable(),
            'unread_count' => fn (Blueprint $table) => $table->integer('unread_count')->default(0),
            'last_message_at' => fn (Blueprint $table) => $table->dateTime('last_message_at')->nullable(),
            'last_message' => fn (Blueprint $table) => $table->string('last_message', 500)->nullable(),
            'last_message_type' => fn (Blueprint $table) => $table->string('last_message_type', 32)->nullable(),
            'last_message_from_me' => fn (Blueprint $table) => $table->boolean('last_message_from_me')->nullable(),
            'archived' => fn (Blueprint $table) => $table->boolean('archived')->default(false),
            'pinned' => fn (Blueprint $table) => $table->boolean('pinned')->default(false),
            'muted' => fn (Blueprint $table) => $table->boolean('muted')->default(false),
        ];
    }

    /** @return array<string, Closure> */
    private function messageColumns(): array
    {
        return [
            'chat_id' => fn (Blueprint $table) => $table->unsignedBigInteger('chat_id')->nullable(),
            'message_id' => fn (Blueprint $table) => TableChanges::id($table, 'message_id'),
            'bridge_id' => fn (Blueprint $table) => TableChanges::id($table, 'bridge_id', 64),
            'from_me' => fn (Blueprint $table) => $table->boolean('from_me')->default(false),
            'author_jid' => fn (Blueprint $table) => TableChanges::id($table, 'author_jid'),
            'author_phone' => fn (Blueprint $table) => $table->string('author_phone', 32)->nullable(),
            'author_name' => fn (Blueprint $table) => $table->string('author_name')->nullable(),
            'type' => fn (Blueprint $table) => $table->string('type', 32)->nullable(),
            // WhatsApp takes 65,536 characters, which may be more bytes than a TEXT of MariaDB.
            'body' => fn (Blueprint $table) => $table->mediumText('body')->nullable(),
            'data' => fn (Blueprint $table) => $table->json('data')->nullable(),
            'ack' => fn (Blueprint $table) => $table->smallInteger('ack')->nullable(),
            'ack_reason' => fn (Blueprint $table) => $table->string('ack_reason', 64)->nullable(),
            'sequence' => fn (Blueprint $table) => $table->unsignedBigInteger('sequence')->nullable(),
            'sent_at' => fn (Blueprint $table) => $table->dateTime('sent_at')->nullable(),
            'edited_at' => fn (Blueprint $table) => $table->dateTime('edited_at')->nullable(),
            'revoked_at' => fn (Blueprint $table) => $table->dateTime('revoked_at')->nullable(),
            'reactions' => fn (Blueprint $table) => $table->json('reactions')->nullable(),
        ];
    }

    /** @return array<string, Closure> */
    private function deliveryColumns(): array
    {
        return [
            'delivery_id' => fn (Blueprint $table) => TableChanges::id($table, 'delivery_id')->nullable(false),
            'event' => fn (Blueprint $table) => $table->string('event', 64)->nullable(),
            'session_id' => fn (Blueprint $table) => TableChanges::id($table, 'session_id'),
            'sequence' => fn (Blueprint $table) => $table->unsignedBigInteger('sequence')->nullable(),
            // Unix seconds.
            'claimed_until' => fn (Blueprint $table) => $table->unsignedBigInteger('claimed_until')->default(0),
            'processed_at' => fn (Blueprint $table) => $table->dateTime('processed_at')->nullable(),
            'created_at' => fn (Blueprint $table) => $table->timestamp('created_at')->nullable(),
        ];
    }
};
