<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Gate;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\Facades\Schema;
use WhatsAppBridge\ReceivingServiceProvider;
use WhatsAppBridge\Support\InstallCheck;
use WhatsAppBridge\Tests\App\User;

final class HealthTest extends ReceivingTestCase
{
    use RefreshDatabase;

    protected function setUp(): void
    {
        parent::setUp();
        config(['whatsapp.queue.connection' => 'database']);
    }

    public function test_shows_the_figures_of_the_bridge_and_of_the_queue(): void
    {
        Http::fake(['*/ready' => Http::response(['status' => 'ready', 'checks' => ['database' => ['ok' => true]]])]);
        $this->deliver(self::WEBHOOK, $this->webhook('session.status', ['state' => 'WORKING']));
        $this->deliver(self::SYNC, $this->batch([$this->chat(1)]));
        $this->getJson('/api/whatsapp/health')->assertOk()->assertJson([
            'status' => 'ok',
            'bridge' => ['ok' => true, 'reachable' => true, 'checks' => ['database' => ['ok' => true]]],
            'queue' => ['ok' => true, 'connection' => 'database', 'waiting' => 1, 'failed' => 0],
            'received' => ['last_hour' => 2, 'unfinished' => 0, 'sessions' => ['WORKING' => 1]],
            'problems' => [],
        ]);
    }

    public function test_a_bridge_that_does_not_answer_is_degraded_and_asked_seldom(): void
    {
        Http::fake(['*/ready' => Http::response(['status' => 'not_ready', 'checks' => []], 503)]);
        foreach (range(1, 5) as $ignored) {
            $this->getJson('/api/whatsapp/health')->assertOk()->assertJson(['status' => 'degraded', 'bridge' => ['ok' => false, 'reachable' => true]]);
        }
        Http::assertSentCount(1);
    }

    public function test_tables_that_are_missing_are_down(): void
    {
        Http::fake();
        config(['whatsapp.tables.deliveries' => 'nowhere']);
        self::assertFalse(Schema::hasTable('nowhere'));
        $this->getJson('/api/whatsapp/health')->assertStatus(503)->assertJson(['status' => 'down']);
    }

    public function test_in_production_figures_are_for_the_token_and_for_whom_the_gate_lets_in(): void
    {
        Http::fake();
        $this->app['env'] = 'production';
        config(['whatsapp.health_token' => '', 'cache.default' => 'file']);
        $this->getJson('/api/whatsapp/health')->assertOk()->assertExactJson(['status' => 'ok']);
        $this->getJson('/api/whatsapp/health', ['Authorization' => 'Bearer '])->assertExactJson(['status' => 'ok']);
        config(['whatsapp.health_token' => 'monitoring-token']);
        $this->getJson('/api/whatsapp/health', ['Authorization' => 'Bearer wrong'])->assertExactJson(['status' => 'ok']);
        $this->getJson('/api/whatsapp/health', ['Authorization' => 'Bearer monitoring-token'])->assertJsonStructure(['bridge', 'queue']);

        Gate::define('viewWhatsAppHealth', fn (User $user): bool => $user->name === 'Admin');
        $this->actingAs(new User(['name' => 'Budi']))->getJson('/api/whatsapp/health')->assertExactJson(['status' => 'ok']);
        $this->actingAs(new User(['name' => 'Admin']))->getJson('/api/whatsapp/health')->assertJsonStructure(['bridge', 'queue']);
    }

    public function test_an_address_that_nobody_answers_is_degraded_too(): void
    {
        config(['whatsapp.bridge.url' => 'http://127.0.0.1:9']);
        $this->getJson('/api/whatsapp/health')->assertOk()->assertJson(['status' => 'degraded', 'bridge' => ['ok' => false, 'reachable' => false]]);
    }

    /** @return array<string, array{array<string, mixed>, string|null}> */
    public function settings(): array
    {
        return [
            'all is well' => [[], null],
            'no secret' => [['whatsapp.secret' => ''], 'WHATSAPP_SECRET is missing'],
            'a short secret' => [['whatsapp.secret' => 'short'], 'shorter than 32'],
            "Laravel's default of 90 s" => [['queue.connections.database.retry_after' => 90], 'Set it to 330'],
            'as long as the job' => [['queue.connections.database.retry_after' => 300], 'Set it to 330'],
            'a second longer than the job' => [['queue.connections.database.retry_after' => 301], null],
            'no queue' => [['whatsapp.queue.connection' => 'sync'], '`sync`'],
            'an unknown queue' => [['whatsapp.queue.connection' => 'nowhere'], 'is not in config/queue.php'],
        ];
    }

    /**
     * @dataProvider settings
     * @param array<string, mixed> $settings
     */
    public function test_the_install_check_says_what_would_go_wrong(array $settings, ?string $expected): void
    {
        config($settings);
        $problems = (new InstallCheck)->problems();
        $expected === null ? self::assertSame([], $problems) : self::assertStringContainsString($expected, implode("\n", $problems));
    }

    public function test_the_log_channel_is_there_and_the_applications_own_goes_before(): void
    {
        config(['logging.channels.whatsapp' => null]);
        (new ReceivingServiceProvider($this->app))->register();
        self::assertSame('daily', config('logging.channels.whatsapp.driver'));
        config(['logging.channels.whatsapp' => ['driver' => 'stack']]);
        (new ReceivingServiceProvider($this->app))->register();
        self::assertSame('stack', config('logging.channels.whatsapp.driver'));
    }
}
