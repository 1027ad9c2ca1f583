<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Unit;

use WhatsAppBridge\Services\ContactProvisioningService;
use WhatsAppBridge\Tests\TestCase;

final class PhoneNumberTest extends TestCase
{
    public function test_any_spelling_of_a_number_at_home_is_e164(): void
    {
        $spellings = ['+628123456789', '628123456789', '08123456789', '8123456789', '0812-3456-789', '+62 812 3456 789', '(0812) 3456-789', '0812.3456.789', '0812/3456789',
            '+62 (0)812 3456 789', '+6208123456789', '00628123456789', "  0812 3456 789\n", "0812\u{00a0}3456\u{00a0}789", "\u{202a}+62 812-3456-789\u{202c}", "'08123456789", 'tel:+62-812-3456-789'];
        foreach ($spellings as $spelling) {
            self::assertSame('+628123456789', (new ContactProvisioningService)->formatPhone($spelling), $spelling);
        }
    }

    public function test_a_number_of_another_country_keeps_its_code(): void
    {
        self::assertSame('+447400123456', (new ContactProvisioningService)->formatPhone('+44 7400 123456'));
        self::assertSame('+60123456789', (new ContactProvisioningService)->formatPhone('0060 12-345 6789'));
    }

    public function test_what_is_no_number_is_null(): void
    {
        foreach (['', 'Budi', '123', '0812abc456', '+', '08123456789012345678', '0812;DROP', str_repeat('1', 100), "\xff\xfe0812"] as $text) {
            self::assertNull((new ContactProvisioningService)->formatPhone($text), $text);
        }
    }

    public function test_another_home_is_a_setting(): void
    {
        config(['whatsapp.phone' => ['calling_code' => '44', 'trunk_prefix' => '0', 'region' => 'GB']]);
        self::assertSame('+447400123456', (new ContactProvisioningService)->formatPhone('07400 123456'));
    }
}
