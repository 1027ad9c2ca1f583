<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Database\Schema\Blueprint;
use Illuminate\Foundation\Testing\RefreshDatabaseState;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Schema;
use RuntimeException;
use WhatsAppBridge\Models\Chat;
use WhatsAppBridge\Services\ContactProvisioningService;

/** On an application that has `chats` and `contacts` of its own. */
final class MigrationTest extends ReceivingTestCase
{
    private const FIRST = __DIR__.'/../../../database/migrations/2026_11_26_000001_add_whatsapp_tables.php';

    private const INDEXES = __DIR__.'/../../../database/migrations/2026_11_26_000002_add_whatsapp_chat_indexes.php';

    protected function setUp(): void
    {
        parent::setUp();
        Schema::dropAllTables();
        Schema::create('contacts', function (Blueprint $table): void {
            $table->id();
            $table->string('first_name')->nullable();
            $table->string('phone', 32);
            $table->timestamps();
        });
        Schema::create('chats', function (Blueprint $table): void {
            $table->id();
            $table->unsignedBigInteger('workspace_id')->nullable();
            $table->unsignedBigInteger('contact_id')->nullable();
            $table->string('status')->default('open');
            $table->timestamps();
        });
        DB::table('contacts')->insert(['first_name' => 'Budi', 'phone' => '+6281200000001']);
        foreach (array_chunk(range(1, 2500), 500) as $ids) {
            DB::table('chats')->insert(array_map(fn (): array => ['workspace_id' => 7, 'contact_id' => 5], $ids));
        }
    }

    protected function tearDown(): void
    {
        // The next test makes its tables anew.
        Schema::dropAllTables();
        RefreshDatabaseState::$migrated = false;
        parent::tearDown();
    }

    public function test_only_adds_and_the_indexes_come_after_the_backfill(): void
    {
        (require self::FIRST)->up();
        self::assertTrue(Schema::hasColumns('chats', ['provider_type', 'chat_type', 'group_id', 'whatsapp_session_id', 'status', 'workspace_id']));
        self::assertSame(2500, Chat::whereNull('provider_type')->count());

        $this->artisan('chats:backfill-provider-type', ['--chunk' => 700])->expectsOutput('2500 chats changed.')->assertExitCode(0);
        $this->artisan('chats:backfill-provider-type')->expectsOutput('0 chats changed.')->assertExitCode(0);
        self::assertSame(2500, Chat::where(['provider_type' => 'meta', 'chat_type' => 'private', 'status' => 'open', 'contact_id' => 5])->count());

        (require self::INDEXES)->up();
        self::assertContains('whatsapp_chats_recent_index', $this->indexes());
        self::assertContains('whatsapp_chats_jid_unique', $this->indexes());
        self::assertSame('Budi', DB::table('contacts')->value('first_name'));
    }

    public function test_what_the_bridge_brings_goes_into_the_tables_of_the_application(): void
    {
        $this->artisan('migrate', ['--path' => [self::FIRST, self::INDEXES], '--realpath' => true])->assertExitCode(0);
        $this->deliver(self::SYNC, $this->batch([$this->chat(2), $this->chat(3)]))->assertStatus(202);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1')))->assertStatus(202);
        self::assertSame([2500, 3], [Chat::where('provider_type', 'meta')->count(), Chat::where('provider_type', 'webjs')->where('status', 'open')->count()]);
        self::assertSame('+6281234567890', (new ContactProvisioningService)->getOrCreateContact('0812-3456-7890', null, 7)->phone);
    }

    public function test_other_table_names_are_settings(): void
    {
        config(['whatsapp.tables' => array_map(fn (string $name): string => "toko_$name", config('whatsapp.tables'))]);
        (require self::FIRST)->up();
        (require self::INDEXES)->up();
        $this->deliver(self::SYNC, $this->batch([$this->chat(1), $this->chat(3)]))->assertStatus(202);
        self::assertSame([2, 2500], [DB::table('toko_chats')->count(), DB::table('chats')->count()]);
        self::assertFalse(Schema::hasColumn('chats', 'provider_type'));
    }

    public function test_another_connection_is_a_setting(): void
    {
        config(['database.connections.elsewhere' => ['driver' => 'sqlite', 'database' => ':memory:', 'prefix' => 'wa_'], 'whatsapp.connection' => 'elsewhere']);
        $this->artisan('migrate', ['--path' => [self::FIRST, self::INDEXES], '--realpath' => true])->assertExitCode(0);
        $this->deliver(self::SYNC, $this->batch([$this->chat(1), $this->chat(3)]))->assertStatus(202);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1')))->assertStatus(202);
        self::assertSame([3, 1, 2], [DB::connection('elsewhere')->table('chats')->count(), DB::connection('elsewhere')->table('whatsapp_messages')->count(), DB::connection('elsewhere')->table('contacts')->count()]);
        self::assertSame([2500, false], [DB::table('chats')->count(), Schema::hasColumn('chats', 'provider_type')]);
    }

    public function test_duplicates_are_named_before_the_index_fails_on_them(): void
    {
        (require self::FIRST)->up();
        DB::table('chats')->whereIn('id', [10, 20])->update(['whatsapp_session_id' => 1, 'chat_jid' => '628111@c.us']);
        DB::table('chats')->whereIn('id', [30])->update(['whatsapp_session_id' => 1, 'chat_jid' => '120363@g.us']);
        $this->artisan('chats:backfill-provider-type')->expectsOutput('Session 1 has one chat more than once: ids 10, 20')->assertExitCode(1);
        self::assertSame(['webjs', 'private', 'webjs', 'group'], [Chat::find(10)->provider_type, Chat::find(10)->chat_type, Chat::find(30)->provider_type, Chat::find(30)->chat_type]);
        try {
            (require self::INDEXES)->up();
            self::fail('The migration should have stopped.');
        } catch (RuntimeException $stopped) {
            self::assertStringContainsString('Ids: 10, 20', $stopped->getMessage());
        }
        DB::table('chats')->where('id', 20)->delete();
        (require self::INDEXES)->up();
        self::assertContains('whatsapp_chats_jid_unique', $this->indexes());
    }

    public function test_going_back_keeps_what_is_the_applications(): void
    {
        (require self::FIRST)->up();
        (require self::INDEXES)->up();
        (require self::INDEXES)->down();
        (require self::FIRST)->down();
        self::assertSame([2500, 1], [DB::table('chats')->count(), DB::table('contacts')->count()]);
        self::assertFalse(Schema::hasTable('whatsapp_groups'));
        (require self::FIRST)->up();
        (require self::INDEXES)->up();
        self::assertTrue(Schema::hasTable('whatsapp_groups'));
    }

    public function test_a_wrong_option_is_refused(): void
    {
        (require self::FIRST)->up();
        $this->artisan('chats:backfill-provider-type', ['--chunk' => '0'])->assertExitCode(2);
        $this->artisan('chats:backfill-provider-type', ['--provider' => 'a b'])->assertExitCode(2);
        self::assertSame(2500, Chat::whereNull('provider_type')->count());
    }

    /** @return list<string> */
    private function indexes(): array
    {
        return array_column(match (DB::getDriverName()) {
            'sqlite' => DB::select("select name from sqlite_master where type = 'index' and tbl_name = 'chats'"),
            'pgsql' => DB::select("select indexname as name from pg_indexes where tablename = 'chats'"),
            default => DB::select("select distinct index_name as name from information_schema.statistics where table_schema = database() and table_name = 'chats'"),
        }, 'name');
    }
}
