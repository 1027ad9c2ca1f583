<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\App;

use Illuminate\Support\Facades\Gate;
use Illuminate\Support\ServiceProvider;
use WhatsAppBridge\Tests\App\Console\ShopCommand;

/** What the application itself adds. */
final class AppServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        $this->loadMigrationsFrom(__DIR__.'/../database/migrations');
        $this->loadRoutesFrom(__DIR__.'/../routes/web.php');
        $this->commands([ShopCommand::class]);

        if ($this->app->environment('production')) {
            Gate::define('pair-whatsapp', fn (User $user) => $user->name === 'operator');
        }
    }
}
