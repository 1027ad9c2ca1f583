<?php

declare(strict_types=1);

namespace WhatsAppBridge;

use Illuminate\Support\ServiceProvider;

/** What comes in: routes, signature check, tables, events. */
final class ReceivingServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        $this->loadRoutesFrom(__DIR__.'/../routes/receiving.php');
    }
}
