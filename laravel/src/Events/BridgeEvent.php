<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

use WhatsAppBridge\Webhooks\Webhook;

/**
 * Something that the bridge said. It is raised at least once, and in the order of its chat; after a crash it may be
 * raised again, with the same `$event->webhook->eventId`.
 */
abstract class BridgeEvent
{
    final public function __construct(public readonly Webhook $webhook)
    {
    }
}
