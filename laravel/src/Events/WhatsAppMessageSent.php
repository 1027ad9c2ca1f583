<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** WhatsApp has a message of this account: sent over the API (`$webhook->get('id')` is ours), or written on the phone. */
final class WhatsAppMessageSent extends BridgeEvent
{
}
