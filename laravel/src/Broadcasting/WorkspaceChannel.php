<?php

declare(strict_types=1);

namespace WhatsAppBridge\Broadcasting;

use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\Access\Gate;

/**
 * Who may listen to a workspace's chats: those whom the gate `viewWhatsAppWorkspace` lets in; without such a gate, those
 * whose own `workspace_id` it is.
 */
final class WorkspaceChannel
{
    public const ABILITY = 'viewWhatsAppWorkspace';

    public function __construct(private readonly Gate $gate)
    {
    }

    public function join(Authenticatable $user, string $workspace): bool
    {
        if ($this->gate->has(self::ABILITY)) {
            return $this->gate->forUser($user)->allows(self::ABILITY, $workspace);
        }
        $own = $user->workspace_id ?? null;

        return $own !== null && (string) $own === $workspace;
    }
}
