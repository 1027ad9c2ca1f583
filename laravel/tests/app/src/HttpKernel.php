<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\App;

use Illuminate\Auth\Middleware\Authenticate;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Http\Kernel;
use Illuminate\Foundation\Http\Middleware\ConvertEmptyStringsToNull;
use Illuminate\Foundation\Http\Middleware\TrimStrings;
use Illuminate\Foundation\Http\Middleware\ValidatePostSize;
use Illuminate\Routing\Middleware\SubstituteBindings;
use Illuminate\Routing\Middleware\ThrottleRequests;
use Illuminate\Session\Middleware\StartSession;

/** Middleware as in a fresh Laravel application. */
final class HttpKernel extends Kernel
{
    /** @var list<class-string> */
    protected $middleware = [Trouble::class, ValidatePostSize::class, TrimStrings::class, ConvertEmptyStringsToNull::class];

    /** @var array<string, list<string>> */
    protected $middlewareGroups = [
        'web' => [EncryptCookies::class, StartSession::class, SubstituteBindings::class],
        'api' => ['throttle:60,1', SubstituteBindings::class],
    ];

    /** @var array<string, class-string> */
    protected $routeMiddleware = ['auth' => Authenticate::class, 'throttle' => ThrottleRequests::class];
}
