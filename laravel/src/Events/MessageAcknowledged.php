<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** A message was delivered, read, played, or will not go out (`ack` is -1, with a `reason`). */
final class MessageAcknowledged extends BridgeEvent
{
}
