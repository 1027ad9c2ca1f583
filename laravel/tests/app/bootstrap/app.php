<?php

declare(strict_types=1);

use Illuminate\Contracts\Console\Kernel as ConsoleKernelContract;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as HttpKernelContract;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Exceptions\Handler;
use WhatsAppBridge\Tests\App\ConsoleKernel;
use WhatsAppBridge\Tests\App\HttpKernel;

/*
 * A Laravel application as `laravel new` makes one, cut down to what the package needs. Everything that it writes goes
 * below APP_STORAGE, so that several can run beside one another and none leaves a trace in the package.
 */
require_once __DIR__.'/../../bootstrap.php';

$storage = getenv('APP_STORAGE');
if (! $storage) {
    $storage = sys_get_temp_dir().'/whatsapp-package-'.getmypid();
    register_shutdown_function(static fn () => (new Filesystem)->deleteDirectory($storage));
}
foreach (['framework/cache/data', 'framework/sessions', 'framework/views', 'logs', 'bootstrap'] as $folder) {
    is_dir("$storage/$folder") || @mkdir("$storage/$folder", 0777, true) || is_dir("$storage/$folder") || exit("$storage cannot be written\n");
}
foreach (['SERVICES', 'PACKAGES', 'CONFIG', 'ROUTES', 'EVENTS'] as $cache) {
    $_ENV["APP_{$cache}_CACHE"] = "$storage/bootstrap/".strtolower($cache).'.php';
}

$app = new Application(dirname(__DIR__));
$app->useStoragePath($storage);
$app->singleton(HttpKernelContract::class, HttpKernel::class);
$app->singleton(ConsoleKernelContract::class, ConsoleKernel::class);
$app->singleton(ExceptionHandler::class, Handler::class);

return $app;
