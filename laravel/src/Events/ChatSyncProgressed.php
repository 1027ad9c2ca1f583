<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** A chat sync of the bridge began, went on, ended or failed. */
final class ChatSyncProgressed extends BridgeEvent
{
}
