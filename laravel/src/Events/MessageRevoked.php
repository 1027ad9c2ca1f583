<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** A message was deleted for everyone. */
final class MessageRevoked extends BridgeEvent
{
}
