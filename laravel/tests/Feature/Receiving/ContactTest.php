<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Foundation\Testing\RefreshDatabase;
use InvalidArgumentException;
use WhatsAppBridge\Models\Contact;
use WhatsAppBridge\Services\ContactProvisioningService;

final class ContactTest extends ReceivingTestCase
{
    use RefreshDatabase;

    public function test_one_contact_for_all_spellings_of_a_number(): void
    {
        $service = new ContactProvisioningService;
        $first = $service->getOrCreateContact('0812-3456-789', null, 7);
        $second = $service->getOrCreateContact('+62 812 3456 789', 'Budi', 7);
        $third = $service->getOrCreateContact('628123456789', 'Orang lain', '7');
        self::assertSame([$first->id, $first->id, 'Budi', '+628123456789'], [$second->id, $third->id, $third->name, $third->phone]);
        self::assertNotSame($first->id, $service->getOrCreateContact('08123456789', null, 8)->id);
        self::assertSame($service->getOrCreateContact('08123456789', null, null)->id, $service->getOrCreateContact('08123456789', null, null)->id);
        self::assertSame(3, Contact::count());
    }

    public function test_what_is_no_number_is_refused_without_saying_it(): void
    {
        try {
            (new ContactProvisioningService)->getOrCreateContact('Budi 123', null, 7);
            self::fail('It should have been refused.');
        } catch (InvalidArgumentException $refusal) {
            self::assertStringNotContainsString('Budi', $refusal->getMessage());
        }
    }

    public function test_a_model_of_the_application_takes_its_place(): void
    {
        $customer = new class extends Contact
        {
            /** @var array<string, mixed> */
            protected $attributes = ['name' => 'Pelanggan'];
        };
        config(['whatsapp.models.contacts' => $customer::class]);
        $contact = (new ContactProvisioningService)->getOrCreateContact('08123456789', null, 7);
        self::assertInstanceOf($customer::class, $contact);
        // Its defaults are written though the row did not pass through `save()`.
        self::assertSame('Pelanggan', $contact->name);
    }
}
