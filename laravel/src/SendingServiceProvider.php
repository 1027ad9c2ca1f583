<?php

declare(strict_types=1);

namespace WhatsAppBridge;

use Illuminate\Support\ServiceProvider;

/** What goes out: the client, its facade, the notification channel, commands and views. */
final class SendingServiceProvider extends ServiceProvider
{
}
