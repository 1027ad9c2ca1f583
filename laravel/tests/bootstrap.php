<?php

declare(strict_types=1);

/**
 * Loads the framework and the package: Composer's where the package was installed with it, otherwise Debian's
 * `php-laravel-framework`, which has no autoloader for packages: hence the small PSR-4 loader.
 */
$composer = __DIR__.'/../vendor/autoload.php';
if (is_file($composer)) {
    require_once $composer;

    return;
}

$debian = '/usr/share/php';
foreach (['Illuminate', 'GuzzleHttp', 'Mockery'] as $library) {
    $file = "$debian/$library/autoload.php";
    if (is_file($file)) {
        require_once $file;
    } elseif ($library === 'Illuminate') {
        fwrite(STDERR, "Laravel was not found: run `composer install` in laravel/, or `apt-get install php-laravel-framework`.\n");
        exit(1);
    }
}

spl_autoload_register(static function (string $class): void {
    // The longest prefix first.
    foreach (['WhatsAppBridge\\Tests\\App\\' => 'tests/app/src/', 'WhatsAppBridge\\Tests\\' => 'tests/', 'WhatsAppBridge\\' => 'src/'] as $prefix => $folder) {
        if (str_starts_with($class, $prefix)) {
            $file = __DIR__.'/../'.$folder.strtr(substr($class, strlen($prefix)), '\\', '/').'.php';
            if (is_file($file)) {
                require $file;
            }

            return;
        }
    }
});

// Composer finds these by its class map.
require_once __DIR__.'/../src/Exceptions/api-exceptions.php';
