<?php

declare(strict_types=1);

use Illuminate\Support\Facades\Route;
use WhatsAppBridge\Http\Controllers\QrController;

Route::middleware(config('whatsapp.qr.middleware'))
    ->get(trim((string) config('whatsapp.qr.path'), '/').'/{session}', QrController::class)
    ->where('session', '[A-Za-z0-9_-]{1,64}')
    ->name('whatsapp.qr');
