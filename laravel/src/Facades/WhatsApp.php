<?php

declare(strict_types=1);

namespace WhatsAppBridge\Facades;

use Illuminate\Support\Facades\Facade;
use WhatsAppBridge\Testing\WhatsAppFake;
use WhatsAppBridge\WhatsApp as Client;

/**
 * @method static \WhatsAppBridge\Client\SessionClient session(string|int|null $id = null)
 * @method static \WhatsAppBridge\Client\PendingMessage to(string|int $to)
 * @method static \WhatsAppBridge\Results\Message send(\WhatsAppBridge\Messages\WhatsAppMessage $message)
 * @method static \WhatsAppBridge\Client\Messages messages()
 * @method static \WhatsAppBridge\Client\PendingBlast blast()
 * @method static \WhatsAppBridge\Client\Blasts blasts()
 * @method static \WhatsAppBridge\Client\OptOuts optOuts(string|int|null $workspaceId = null)
 * @method static \WhatsAppBridge\Client\Addresses addresses(string|int|null $workspaceId = null)
 * @method static \WhatsAppBridge\Client\Contacts contacts(string|int|null $workspaceId = null)
 * @method static \WhatsAppBridge\Client\WebhookEndpoints webhookEndpoints()
 * @method static \WhatsAppBridge\Client\Deliveries deliveries()
 * @method static \WhatsAppBridge\Client\ApiKeys apiKeys()
 * @method static \Illuminate\Support\Collection sessions()
 * @method static \WhatsAppBridge\Results\Session createSession(string|int $id, string|int|null $workspaceId = null, bool $start = true, array $more = [])
 * @method static \WhatsAppBridge\Results\Result upload(\WhatsAppBridge\Messages\Media $media)
 * @method static \WhatsAppBridge\Results\Result media(string $id)
 * @method static void deleteMedia(string $id)
 * @method static \WhatsAppBridge\Results\Result ready()
 * @method static \WhatsAppBridge\Results\Result health()
 * @method static \WhatsAppBridge\Results\Result request(\WhatsAppBridge\Client\BridgeRequest $request)
 *
 * @see Client
 */
final class WhatsApp extends Facade
{
    /** Nothing is sent from now on; the fake knows what would have been. */
    public static function fake(): WhatsAppFake
    {
        $fake = new WhatsAppFake((string) config('whatsapp.session'));
        self::swap($fake);

        return $fake;
    }

    protected static function getFacadeAccessor(): string
    {
        return Client::class;
    }
}
