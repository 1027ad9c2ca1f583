<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use Illuminate\Filesystem\Filesystem;
use Illuminate\Http\Client\Request;
use Illuminate\Support\Facades\Artisan;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\ServiceProvider;
use WhatsAppBridge\Console\EnvFile;

final class CommandsTest extends SendingTestCase
{
    private string $folder;

    protected function setUp(): void
    {
        parent::setUp();
        $this->folder = sys_get_temp_dir().'/whatsapp-install-'.bin2hex(random_bytes(4));
        mkdir($this->folder.'/config', 0777, true);
        $this->app->useEnvironmentPath($this->folder);
        ServiceProvider::$publishGroups['whatsapp-config'] = [dirname(__DIR__, 3).'/config/whatsapp.php' => $this->folder.'/config/whatsapp.php'];
    }

    protected function tearDown(): void
    {
        (new Filesystem)->deleteDirectory($this->folder);
        parent::tearDown();
    }

    private function env(string $name = '.env'): EnvFile
    {
        return new EnvFile("{$this->folder}/{$name}");
    }

    public function test_install_writes_the_lines_and_makes_a_secret_once(): void
    {
        file_put_contents("{$this->folder}/.env", "APP_NAME=Toko\nWHATSAPP_BRIDGE_URL=http://10.0.0.5:3000\nWHATSAPP_SECRET=\n# ours\n");
        $this->artisan('whatsapp:install')->assertExitCode(0);
        $secret = $this->env()->get('WHATSAPP_SECRET');

        self::assertMatchesRegularExpression('/^[0-9a-f]{64}$/', (string) $secret);
        self::assertSame(['http://10.0.0.5:3000', 'sales', '', 'Toko'], array_map(fn (string $name) => $this->env()->get($name), ['WHATSAPP_BRIDGE_URL', 'WHATSAPP_SESSION', 'WHATSAPP_BRIDGE_KEY', 'APP_NAME']));
        self::assertFileExists("{$this->folder}/config/whatsapp.php");
        $before = file_get_contents("{$this->folder}/.env");
        self::assertStringContainsString("# ours\n", (string) $before);

        $this->artisan('whatsapp:install')->assertExitCode(0);
        self::assertSame($before, file_get_contents("{$this->folder}/.env"));
    }

    public function test_install_gives_the_bridge_the_same_secret_and_key(): void
    {
        $this->artisan('whatsapp:install', ['--bridge-env' => "{$this->folder}/.bridge"])->assertExitCode(0);
        $laravel = $this->env();
        $bridge = $this->env('.bridge');

        self::assertTrue($laravel->has('WHATSAPP_SECRET') && $laravel->has('WHATSAPP_BRIDGE_KEY'));
        self::assertSame([$laravel->get('WHATSAPP_SECRET'), $laravel->get('WHATSAPP_BRIDGE_KEY'), 'http://127.0.0.1:8000'], [$bridge->get('WEBHOOK_SECRET'), $bridge->get('ADMIN_API_KEY'), $bridge->get('BACKEND_URL')]);
        self::assertSame(0600, fileperms($bridge->path) & 0777);
    }

    public function test_install_takes_over_what_the_bridge_has_and_refuses_two_secrets(): void
    {
        file_put_contents("{$this->folder}/.bridge", "WEBHOOK_SECRET=of-the-bridge\nADMIN_API_KEY=wab_of-the-bridge\n");
        $this->artisan('whatsapp:install', ['--bridge-env' => "{$this->folder}/.bridge"])->assertExitCode(0);
        self::assertSame(['of-the-bridge', 'wab_of-the-bridge'], [$this->env()->get('WHATSAPP_SECRET'), $this->env()->get('WHATSAPP_BRIDGE_KEY')]);

        file_put_contents("{$this->folder}/.env", "WHATSAPP_SECRET=another\n");
        $this->artisan('whatsapp:install', ['--bridge-env' => "{$this->folder}/.bridge"])->assertExitCode(1);
        self::assertSame('another', $this->env()->get('WHATSAPP_SECRET'));
        $this->artisan('whatsapp:install', ['--bridge-env' => "{$this->folder}/none/.env"])->assertExitCode(1);
    }

    public function test_a_new_secret_keeps_the_one_before(): void
    {
        file_put_contents("{$this->folder}/.env", "WHATSAPP_SECRET=old-one\n");
        $this->artisan('whatsapp:install', ['--new-secret' => true])->assertExitCode(0);
        self::assertSame('old-one', $this->env()->get('WHATSAPP_PREVIOUS_SECRET'));
        self::assertMatchesRegularExpression('/^[0-9a-f]{64}$/', (string) $this->env()->get('WHATSAPP_SECRET'));
    }

    public function test_install_says_what_would_go_wrong(): void
    {
        config(['queue.default' => 'database', 'queue.connections.database.retry_after' => 90]);
        $this->artisan('whatsapp:install')->expectsOutput('`retry_after` of the queue connection `database` is 90 s, and a chat sync may take 300 s: a second worker would take the job while it still runs. Set it to 330.')->assertExitCode(0);
    }

    /** @return array{int, array<string, mixed>} */
    private function status(): array
    {
        $this->artisan('migrate');
        config(['queue.default' => 'database']);
        // A health report keeps what the bridge said for a moment.
        cache()->flush();
        $this->withoutMockingConsoleOutput();
        $exitCode = $this->artisan('whatsapp:status', ['--json' => true]);

        return [$exitCode, json_decode(Artisan::output(), true)];
    }

    public function test_status_shows_both_sides(): void
    {
        $sessions = ['sessions' => [['id' => 'sales', 'state' => 'SCAN_QR_CODE', 'reason' => ['message' => 'Scan the QR.'], 'sync' => null]]];
        $answers = fn (Request $request) => str_ends_with($request->url(), '/ready') ? Http::response(['status' => 'ready', 'checks' => ['database' => ['ok' => true]]]) : Http::response($sessions);
        $this->bridgeAnswers([$answers]);
        [$exitCode, $status] = $this->status();
        self::assertSame([0, true, null, 'SCAN_QR_CODE', true], [$exitCode, $status['ok'], $status['error'], $status['sessions'][0]['state'], $status['here']['received']['ok']]);

        $this->artisan('whatsapp:status');
        self::assertMatchesRegularExpression('/database: ok.*\| sales +\| SCAN_QR_CODE.*Scan the QR\..*queue: ok/s', Artisan::output());
    }

    public function test_status_fails_when_the_bridge_or_this_side_is_not_well(): void
    {
        $this->bridgeAnswers([self::refused()]);
        self::assertSame([1, 'The WhatsApp bridge at http://bridge.test:3000 cannot be reached. Is it running?'], [($status = $this->status())[0], $status[1]['error']]);

        $this->bridgeAnswers([fn (Request $request) => str_ends_with($request->url(), '/ready') ? Http::response(['status' => 'not_ready', 'checks' => []], 503) : Http::response(['sessions' => []])]);
        self::assertSame([1, 'not_ready'], [($status = $this->status())[0], $status[1]['bridge']['status']]);

        $this->bridgeAnswers([fn (Request $request) => str_ends_with($request->url(), '/ready') ? Http::response(['status' => 'ready', 'checks' => []]) : self::error(401, 'unauthorized')]);
        self::assertStringContainsString('unauthorized', $this->status()[1]['error']);

        $this->bridgeAnswers([fn (Request $request) => str_ends_with($request->url(), '/ready') ? Http::response(['status' => 'ready', 'checks' => []]) : Http::response(['sessions' => []])]);
        config(['whatsapp.secret' => 'short']);
        self::assertSame([1, 1], [($status = $this->status())[0], count($status[1]['here']['problems'])]);
    }
}
