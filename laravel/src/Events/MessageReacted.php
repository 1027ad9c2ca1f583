<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** Somebody reacted to a message, or took it back (`reaction` is null). */
final class MessageReacted extends BridgeEvent
{
}
