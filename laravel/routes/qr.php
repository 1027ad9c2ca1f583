<?php

declare(strict_types=1);

use Illuminate\Support\Facades\Route;
use WhatsAppBridge\Http\Controllers\QrController;

// The name comes first: what is named afterwards is found only once all routes are looked through again.
Route::middleware(config('whatsapp.qr.middleware'))
    ->name('whatsapp.qr')
    ->get(trim((string) config('whatsapp.qr.path'), '/').'/{session}', QrController::class)
    ->where('session', '[A-Za-z0-9_-]{1,64}');
