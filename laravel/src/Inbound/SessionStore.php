<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use LogicException;
use WhatsAppBridge\Models\WhatsAppSession;
use WhatsAppBridge\Support\Models;
use WhatsAppBridge\Support\Text;
use WhatsAppBridge\Webhooks\Webhook;

/** The sessions that the bridge speaks of. */
final class SessionStore
{
    /** The session with this id of the bridge, made when it is new. The bridge's word on its workspace counts; where it has none, the application's stays. */
    public function resolve(string $sessionId, ?string $workspaceId): WhatsAppSession
    {
        $session = $this->find($sessionId);
        if ($session === null) {
            Models::query('sessions')->insertOrIgnore(Models::row('sessions', ['session_id' => $sessionId, 'workspace_id' => $workspaceId]));
            $session = $this->find($sessionId) ?? throw new LogicException('A session that was just made is not there.');
        }
        if ($workspaceId !== null && (string) $session->workspace_id !== $workspaceId) {
            $session->forceFill(['workspace_id' => $workspaceId])->save();
        }

        return $session;
    }

    public function status(WhatsAppSession $session, Webhook $webhook): void
    {
        $session->forceFill([
            'status' => Text::clip($webhook->get('state'), 32),
            'status_code' => Text::clip($webhook->get('code'), 64),
            'status_message' => Text::clip($webhook->get('message'), 500),
            'status_changed_at' => Text::time($webhook->sentAt),
            'phone' => Text::clip($webhook->get('phone'), 32) ?? $session->getAttribute('phone'),
        ])->save();
    }

    /** What a chat sync of the bridge has come to. A batch that this application could not take keeps it `failed`. */
    public function syncStatus(WhatsAppSession $session, Webhook $webhook): void
    {
        $syncId = Text::clip($webhook->get('sync_id'), 191);
        $known = $session->metadata ?? [];
        $status = match ($webhook->event) {
            'chats.sync.started' => 'running',
            'chats.sync.completed' => 'completed',
            'chats.sync.failed' => 'failed',
            default => null,
        };
        $hasFailedHere = ($known['sync_id'] ?? null) === $syncId && ($known['sync_status'] ?? null) === 'failed';
        if ($status === null || ($status === 'completed' && $hasFailedHere)) {
            return;
        }
        $session->mergeMetadata([
            'sync_id' => $syncId,
            'sync_status' => $status,
            'last_error' => $status === 'failed' ? Text::clip($webhook->get('error.message'), 500) : null,
            'sync_totals' => array_intersect_key($webhook->data, array_flip(['total', 'synced', 'gone', 'dead'])),
        ]);
    }

    private function find(string $sessionId): ?WhatsAppSession
    {
        return Models::query('sessions')->where('session_id', $sessionId)->first();
    }
}
