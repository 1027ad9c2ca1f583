<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** People came or went, became admins, or the subject changed. */
final class GroupChanged extends BridgeEvent
{
}
