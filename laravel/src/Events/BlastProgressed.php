<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** A blast began, went on, was paused, resumed, stopped, or is done: `$webhook->event` says which. */
final class BlastProgressed extends BridgeEvent
{
}
