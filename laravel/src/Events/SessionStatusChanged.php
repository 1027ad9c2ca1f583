<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** A session changed its state: `state`, `previous_state`, `code` for programs, `message` for people. */
final class SessionStatusChanged extends BridgeEvent
{
}
