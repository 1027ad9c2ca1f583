<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\App;

use Illuminate\Support\ServiceProvider;

/** What the application itself adds. */
final class AppServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        $this->loadMigrationsFrom(__DIR__.'/../database/migrations');
    }
}
