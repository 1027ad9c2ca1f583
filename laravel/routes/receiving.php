<?php

declare(strict_types=1);

use Illuminate\Support\Facades\Route;
use WhatsAppBridge\Http\Controllers\ChatSyncController;
use WhatsAppBridge\Http\Controllers\HealthController;
use WhatsAppBridge\Http\Controllers\WebhookController;
use WhatsAppBridge\Http\Middleware\ThrottleWhatsAppSync;
use WhatsAppBridge\Http\Middleware\ValidateWhatsAppWebhook;

Route::prefix(config('whatsapp.routes.prefix'))->name('whatsapp.')->group(function (): void {
    Route::middleware([ValidateWhatsAppWebhook::class, ...config('whatsapp.routes.middleware')])->group(function (): void {
        Route::post('chats/sync', ChatSyncController::class)->middleware(ThrottleWhatsAppSync::class)->name('chats.sync');
        Route::post('webhook', WebhookController::class)->name('webhook');
    });
    Route::get('health', HealthController::class)->name('health');
});
