<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** Any event of the bridge, also one that this version does not know. */
final class WhatsAppWebhookReceived extends BridgeEvent
{
}
