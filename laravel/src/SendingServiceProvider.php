<?php

declare(strict_types=1);

namespace WhatsAppBridge;

use Illuminate\Contracts\Auth\Access\Gate;
use Illuminate\Contracts\Cache\Repository as Cache;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Contracts\Container\Container;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Notifications\ChannelManager;
use Illuminate\Queue\Events\JobExceptionOccurred;
use Illuminate\Queue\Events\JobProcessed;
use Illuminate\Queue\Events\JobProcessing;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\ServiceProvider;
use Illuminate\View\Compilers\BladeCompiler;
use WhatsAppBridge\Client\Connection;
use WhatsAppBridge\Client\HttpTransport;
use WhatsAppBridge\Client\IdempotencyKeys;
use WhatsAppBridge\Client\RetryPolicy;
use WhatsAppBridge\Client\Transport;
use WhatsAppBridge\Client\Uploads;
use WhatsAppBridge\Console\InstallCommand;
use WhatsAppBridge\Console\StatusCommand;
use WhatsAppBridge\Notifications\WhatsAppChannel;
use WhatsAppBridge\View\QrCode;

/** What goes out: the client, its facade, the notification channel, commands and views. */
final class SendingServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->app->singleton(IdempotencyKeys::class);
        $this->app->bind(Transport::class, fn (Container $app) => self::transport($app));
        $this->app->bind(WhatsApp::class, function (Container $app): WhatsApp {
            $settings = $app->make(Config::class);
            $transport = $app->make(Transport::class);
            $uploads = new Uploads($transport, $app->make(Cache::class), (string) $settings->get('whatsapp.bridge.url'));

            return new WhatsApp($transport, (string) $settings->get('whatsapp.session'), $app->make(IdempotencyKeys::class), $uploads);
        });
    }

    public function boot(): void
    {
        $this->knowTheJob($this->app->make(Dispatcher::class), $this->app->make(IdempotencyKeys::class));
        $this->callAfterResolving(ChannelManager::class, fn (ChannelManager $channels) => $channels->extend('whatsapp', fn (Container $app) => $app->make(WhatsAppChannel::class)));
        $this->callAfterResolving(Gate::class, fn (Gate $gate) => $this->pairOnlyLocally($gate));

        $this->loadViewsFrom(__DIR__.'/../resources/views', 'whatsapp');
        $this->loadRoutesFrom(__DIR__.'/../routes/qr.php');
        $this->callAfterResolving('blade.compiler', fn (BladeCompiler $blade) => $blade->component(QrCode::class, 'whatsapp-qr'));

        if ($this->app->runningInConsole()) {
            $this->commands([InstallCommand::class, StatusCommand::class]);
            $this->publishes([__DIR__.'/../resources/views' => $this->app->resourcePath('views/vendor/whatsapp')], 'whatsapp-views');
            $this->publishes([__DIR__.'/../stubs/inertia' => $this->app->resourcePath('js/vendor/whatsapp')], 'whatsapp-inertia');
        }
    }

    private static function transport(Container $app): HttpTransport
    {
        $settings = $app->make(Config::class)->get('whatsapp.bridge', []);
        $retries = new RetryPolicy(attempts: max(1, (int) ($settings['attempts'] ?? 4)));

        // Laravel 8 keeps the one that `Http::fake()` prepares in the facade alone.
        return new HttpTransport(Http::getFacadeRoot(), Connection::fromSettings($settings), $retries, fn (int $ms) => usleep($ms * 1000));
    }

    private function knowTheJob(Dispatcher $events, IdempotencyKeys $keys): void
    {
        $events->listen(JobProcessing::class, fn (JobProcessing $event) => $keys->jobBegins($event->job->uuid()));
        $events->listen([JobProcessed::class, JobExceptionOccurred::class], fn () => $keys->jobEnds());
    }

    /** Until the application says who may pair a phone, nobody may but a developer on their own machine. */
    private function pairOnlyLocally(Gate $gate): void
    {
        $this->app->booted(function () use ($gate): void {
            if (! $gate->has('pair-whatsapp')) {
                $gate->define('pair-whatsapp', fn ($user = null) => $this->app->environment('local'));
            }
        });
    }
}
