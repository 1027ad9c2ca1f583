<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** A batch of chats could not be stored in all its tries. What could be stored of it is there. */
final class ChatSyncFailed
{
    /** @param string $error short, without anything of the chats */
    public function __construct(
        public readonly string $sessionId,
        public readonly ?string $workspaceId,
        public readonly string $syncId,
        public readonly int $batch,
        public readonly string $error,
    ) {
    }
}
