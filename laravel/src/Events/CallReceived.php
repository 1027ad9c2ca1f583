<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** Somebody calls. */
final class CallReceived extends BridgeEvent
{
}
