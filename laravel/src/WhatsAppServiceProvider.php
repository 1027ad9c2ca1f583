<?php

declare(strict_types=1);

namespace WhatsAppBridge;

use Illuminate\Support\ServiceProvider;

/** The package's one provider. What comes in and what goes out are wired apart. */
final class WhatsAppServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->mergeConfigFrom(__DIR__.'/../config/whatsapp.php', 'whatsapp');
        $this->app->register(ReceivingServiceProvider::class);
        $this->app->register(SendingServiceProvider::class);
    }

    public function boot(): void
    {
        if ($this->app->runningInConsole()) {
            $this->publishes([__DIR__.'/../config/whatsapp.php' => $this->app->configPath('whatsapp.php')], 'whatsapp-config');
        }
    }
}
