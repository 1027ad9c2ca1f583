<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use Illuminate\Filesystem\Filesystem;
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
        self::assertSame([$laravel->get('WHATSAPP_SECRET'), $laravel->get('WHATSAPP_BRIDGE_KEY'), config('app.url')], [$bridge->get('WEBHOOK_SECRET'), $bridge->get('ADMIN_API_KEY'), $bridge->get('BACKEND_URL')]);
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

    public function test_status_shows_the_bridge_and_its_sessions(): void
    {
        $sessions = Http::response(['sessions' => [['id' => 'sales', 'state' => 'SCAN_QR_CODE', 'reason' => ['message' => 'Scan the QR.'], 'sync' => null]]]);
        $this->bridgeAnswers([Http::response(['status' => 'ready', 'checks' => ['database' => ['ok' => true]]]), $sessions]);
        $this->artisan('whatsapp:status')->expectsOutput('Database: ok')->assertExitCode(0);

        $this->bridgeAnswers([Http::response(['status' => 'not_ready', 'checks' => ['browser' => ['ok' => false, 'detail' => 'none']]], 503), $sessions]);
        $this->artisan('whatsapp:status')->expectsOutput('Browser: NOT OK {"detail":"none"}')->assertExitCode(1);
    }

    public function test_status_says_what_is_wrong(): void
    {
        $this->bridgeAnswers([self::refused()]);
        $this->artisan('whatsapp:status')->expectsOutput('The WhatsApp bridge at http://bridge.test:3000 cannot be reached. Is it running?')->assertExitCode(1);
        $this->bridgeAnswers([Http::response(['status' => 'ready', 'checks' => []]), self::error(401, 'unauthorized')]);
        $this->artisan('whatsapp:status', ['--json' => true])->assertExitCode(1);
    }
}
