<?php

declare(strict_types=1);

use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\Route;
use WhatsAppBridge\Tests\App\User;

Route::middleware('web')->group(function (): void {
    // A stand-in for a login form: by the name of a user who is made on the spot.
    Route::get('sign-in/{name}', function (string $name) {
        Auth::login(User::query()->firstOrCreate(['email' => "{$name}@toko.test"], ['name' => $name, 'password' => '-']));

        return 'ok';
    });
    Route::get('pair/{session}', fn (string $session) => view('pair', ['session' => $session]))->middleware('auth');
});
