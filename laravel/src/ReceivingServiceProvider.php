<?php

declare(strict_types=1);

namespace WhatsAppBridge;

use Illuminate\Support\Facades\Broadcast;
use Illuminate\Support\ServiceProvider;
use WhatsAppBridge\Broadcasting\WorkspaceChannel;
use WhatsAppBridge\Console\BackfillProviderTypeCommand;

/** What comes in: routes, signature check, tables, events, and the log that they write. */
final class ReceivingServiceProvider extends ServiceProvider
{
    private const MIGRATIONS = __DIR__.'/../database/migrations';

    public function register(): void
    {
        $config = $this->app['config'];
        // The application may define the channel itself.
        if ($config->get('logging.channels.whatsapp') === null) {
            $config->set('logging.channels.whatsapp', ['driver' => 'daily', 'path' => storage_path('logs/whatsapp.log'), 'level' => 'info', 'days' => 14]);
        }
    }

    public function boot(): void
    {
        if (config('whatsapp.routes.enabled')) {
            $this->loadRoutesFrom(__DIR__.'/../routes/receiving.php');
        }
        // Asking for the channel makes the broadcaster, which an application that does not broadcast may not have.
        if (config('whatsapp.broadcast') && ! in_array(config('broadcasting.default'), [null, 'null'], true)) {
            Broadcast::channel('chats.ch{workspace}', WorkspaceChannel::class);
        }
        if ($this->app->runningInConsole()) {
            if (config('whatsapp.migrations')) {
                $this->loadMigrationsFrom(self::MIGRATIONS);
            }
            $this->publishes([self::MIGRATIONS => $this->app->databasePath('migrations')], 'whatsapp-migrations');
            $this->commands([BackfillProviderTypeCommand::class]);
        }
    }
}
