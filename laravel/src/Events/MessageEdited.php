<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** The text of a message was changed. */
final class MessageEdited extends BridgeEvent
{
}
