<?php

declare(strict_types=1);

namespace WhatsAppBridge\Console;

use Illuminate\Console\Command;
use Illuminate\Contracts\Config\Repository as Config;
use WhatsAppBridge\Support\InstallCheck;

/** Publishes the settings, writes the lines of `.env`, makes the secret, and says what is next. What is there already stays. */
final class InstallCommand extends Command
{
    protected $signature = 'whatsapp:install
        {--bridge-env= : the .env of the bridge, where it is on this machine: it gets the same secret and key}
        {--url= : where the bridge answers}
        {--backend-url= : where the bridge finds this application; default: APP_URL}
        {--session= : the session that messages go out from when none is named}
        {--new-secret : make a new secret; the present one stays valid as WHATSAPP_PREVIOUS_SECRET}';

    protected $description = 'Set up the WhatsApp bridge: settings, .env, secret, checks';

    public function handle(Config $config, InstallCheck $check): int
    {
        $env = new EnvFile($this->laravel->environmentFilePath());
        $bridge = $this->option('bridge-env') !== null ? new EnvFile((string) $this->option('bridge-env')) : null;
        if ($bridge !== null && ! is_dir(dirname($bridge->path))) {
            $this->error('There is no such folder: '.dirname($bridge->path));

            return self::FAILURE;
        }
        if ($bridge !== null && $env->has('WHATSAPP_SECRET') && $bridge->has('WEBHOOK_SECRET') && $env->get('WHATSAPP_SECRET') !== $bridge->get('WEBHOOK_SECRET') && ! $this->option('new-secret')) {
            $this->error('The two .env files have different secrets. Empty WHATSAPP_SECRET or WEBHOOK_SECRET in one of them, or run this with --new-secret.');

            return self::FAILURE;
        }

        $this->callSilent('vendor:publish', ['--tag' => 'whatsapp-config']);
        $this->info('Published: config/whatsapp.php');
        $this->writeEnv($env, $bridge, $this->option('backend-url') ?? self::backendUrl((string) $config->get('app.url')));
        $this->writeExample();
        // This process began with the lines that were there before.
        $config->set('whatsapp.secret', $env->get('WHATSAPP_SECRET'));
        foreach ($check->problems() as $problem) {
            $this->warn($problem);
        }
        $this->nextSteps($env, $bridge);

        return self::SUCCESS;
    }

    private function writeEnv(EnvFile $env, ?EnvFile $bridge, string $appUrl): void
    {
        $secret = $env->get('WHATSAPP_SECRET') ?: $bridge?->get('WEBHOOK_SECRET') ?: bin2hex(random_bytes(32));
        $lines = [
            'WHATSAPP_BRIDGE_URL' => $this->option('url') ?? ($env->get('WHATSAPP_BRIDGE_URL') ?: 'http://127.0.0.1:3000'),
            'WHATSAPP_BRIDGE_KEY' => $env->get('WHATSAPP_BRIDGE_KEY') ?: (string) $this->bridgeKey($bridge),
            'WHATSAPP_SESSION' => $this->option('session') ?? ($env->get('WHATSAPP_SESSION') ?: 'sales'),
        ];
        if ($this->option('new-secret') && $env->has('WHATSAPP_SECRET')) {
            $lines['WHATSAPP_PREVIOUS_SECRET'] = $secret;
            $secret = bin2hex(random_bytes(32));
        }
        $env->setAll($lines + ['WHATSAPP_SECRET' => $secret], 'The WhatsApp bridge');
        $env->save();
        $this->info("Written: {$env->path}");

        if ($bridge !== null) {
            $bridge->setAll([
                'BACKEND_URL' => $bridge->get('BACKEND_URL') ?: $appUrl,
                'WEBHOOK_SECRET' => $secret,
                'ADMIN_API_KEY' => $bridge->get('ADMIN_API_KEY') ?: $lines['WHATSAPP_BRIDGE_KEY'],
            ], 'The Laravel application');
            $bridge->save();
            $this->info("Written: {$bridge->path}");
        }
    }

    /** With the bridge's own file at hand, both get the same key; else the bridge prints one at its first start. */
    private function bridgeKey(?EnvFile $bridge): ?string
    {
        if ($bridge === null) {
            return null;
        }

        return $bridge->get('ADMIN_API_KEY') ?: 'wab_'.bin2hex(random_bytes(24));
    }

    /** The names, without the values. */
    private function writeExample(): void
    {
        $path = $this->laravel->basePath('.env.example');
        if (! is_file($path)) {
            return;
        }
        $example = new EnvFile($path);
        $missing = array_filter(['WHATSAPP_BRIDGE_URL', 'WHATSAPP_BRIDGE_KEY', 'WHATSAPP_SESSION', 'WHATSAPP_SECRET'], fn (string $name) => $example->get($name) === null);
        if ($missing !== []) {
            $example->setAll(array_fill_keys($missing, ''), 'The WhatsApp bridge: php artisan whatsapp:install');
            $example->save();
        }
    }

    /** A fresh application says `http://localhost` and is served by `php artisan serve`. */
    private static function backendUrl(string $appUrl): string
    {
        return in_array(rtrim($appUrl, '/'), ['', 'http://localhost'], true) ? 'http://127.0.0.1:8000' : $appUrl;
    }

    private function nextSteps(EnvFile $env, ?EnvFile $bridge): void
    {
        $this->line('');
        $this->line('Next:');
        $steps = array_values(array_filter([
            $bridge === null ? "Give the bridge the same secret: copy the value of WHATSAPP_SECRET in {$env->path} to WEBHOOK_SECRET in the bridge's .env, beside BACKEND_URL." : null,
            $env->has('WHATSAPP_BRIDGE_KEY') ? null : 'Start the bridge (npm start). It prints an admin API key, once: set it as WHATSAPP_BRIDGE_KEY.',
            $bridge === null ? null : 'Start the bridge, or restart it: npm start',
            'php artisan migrate, and php artisan queue:work',
            'php artisan whatsapp:status',
            'Say who may pair a phone: Gate::define(\'pair-whatsapp\', …). Then show <x-whatsapp-qr session="…"/> and scan it.',
        ]));
        foreach ($steps as $number => $step) {
            $this->line('  '.($number + 1).'. '.$step);
        }
    }
}
