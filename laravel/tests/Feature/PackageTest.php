<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature;

use WhatsAppBridge\Tests\TestCase;

final class PackageTest extends TestCase
{
    public function test_the_provider_brings_settings_and_routes(): void
    {
        self::assertSame(300, config('whatsapp.tolerance'));
        $this->getJson('/api/whatsapp/health')->assertOk()->assertJson(['status' => 'ok']);
    }
}
