<?php

declare(strict_types=1);

use Illuminate\Support\Facades\Route;

Route::get('api/whatsapp/health', fn () => ['status' => 'ok'])->name('whatsapp.health');
