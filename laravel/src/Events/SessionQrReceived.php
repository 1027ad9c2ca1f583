<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** There is a QR to scan. It is a key to the account: show it only to those who may pair it. It is not stored. */
final class SessionQrReceived extends BridgeEvent
{
}
