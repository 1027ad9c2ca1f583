<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests;

use Illuminate\Contracts\Console\Kernel;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Testing\TestCase as BaseTestCase;

/** The skeleton application of tests/app, in this process. */
abstract class TestCase extends BaseTestCase
{
    protected const SECRET = 'f2b81c06e94d7a35-tests-of-the-package-only';

    public function createApplication(): Application
    {
        /** @var Application $app */
        $app = require __DIR__.'/app/bootstrap/app.php';
        $app->make(Kernel::class)->bootstrap();
        $app['config']->set('whatsapp.secret', self::SECRET);

        return $app;
    }
}
