<?php

declare(strict_types=1);

namespace WhatsAppBridge\Events;

/** The chats of one batch are stored. */
final class WhatsAppChatSynced
{
    /**
     * @param list<string> $chatIds WhatsApp's ids
     * @param list<string> $newChats uuids of those that were not known before
     */
    public function __construct(
        public readonly string $sessionId,
        public readonly ?string $workspaceId,
        public readonly string $syncId,
        public readonly int $batch,
        public readonly bool $isLast,
        public readonly array $chatIds,
        public readonly array $newChats,
    ) {
    }
}
