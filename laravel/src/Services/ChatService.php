<?php

declare(strict_types=1);

namespace WhatsAppBridge\Services;

use Illuminate\Contracts\Pagination\LengthAwarePaginator;
use Illuminate\Database\Eloquent\Builder;
use Illuminate\Http\Request;
use WhatsAppBridge\Models\Chat;
use WhatsAppBridge\Support\Models;

/** What an inbox shows. */
final class ChatService
{
    private const PER_PAGE = 50;

    private const MAX_PER_PAGE = 200;

    private const MAX_SEARCH = 100;

    /**
     * The chats of the user's workspace, the newest first, each with its contact, group and session, in two queries.
     *
     * Of the request count `page`, `per_page` (50, at most 200), `chat_type` and `provider_type`, and the workspace: the
     * attribute `workspace_id` that a middleware of the application may set, otherwise the user's `workspace_id`. It is never
     * taken from what the browser sends.
     *
     * @param string|null $uuid the chat that is open; see `selected` for one that is on another page
     * @param string|null $search in names and numbers
     * @param int|string|null $sessionId the bridge's id of a session, or its key in the database
     * @return LengthAwarePaginator<Chat> whose items also have contact_name, group_name, group_participants_count, session_name, is_selected
     */
    public function getChatList(Request $request, ?string $uuid = null, ?string $search = null, int|string|null $sessionId = null): LengthAwarePaginator
    {
        $list = $this->listQuery($this->workspaceOf($request), $search, $sessionId);
        foreach (['chat_type', 'provider_type'] as $filter) {
            $value = $request->query($filter);
            if (is_string($value) && $value !== '') {
                $list->where("chats.$filter", $value);
            }
        }
        $perPage = min(self::MAX_PER_PAGE, max(1, (int) $request->query('per_page', (string) self::PER_PAGE)));
        $page = $list->paginate($perPage, ['*'], 'page', max(1, (int) $request->query('page', '1')))->appends($request->query());
        foreach ($page as $chat) {
            $chat->setAttribute('is_selected', $uuid !== null && $chat->uuid === $uuid);
        }

        return $page;
    }

    /** The open chat, as the list shows it; null when it is not the user's. */
    public function selected(Request $request, string $uuid): ?Chat
    {
        return $this->listQuery($this->workspaceOf($request), null, null)->where('chats.uuid', $uuid)->first();
    }

    /** What the list asks of the database, without its page. */
    public function listQuery(int|string|null $workspaceId, ?string $search, int|string|null $sessionId): Builder
    {
        $table = fn (string $which): string => Models::make($which)->getTable();
        $query = Models::make('chats')->newQuery()->from($table('chats').' as chats')
            ->leftJoin($table('contacts').' as contacts', 'contacts.id', '=', 'chats.contact_id')
            ->leftJoin($table('groups').' as whatsapp_groups', 'whatsapp_groups.id', '=', 'chats.group_id')
            ->leftJoin($table('sessions').' as whatsapp_sessions', 'whatsapp_sessions.id', '=', 'chats.whatsapp_session_id')
            ->select(['chats.*', 'contacts.name as contact_name', 'whatsapp_groups.name as group_name', 'whatsapp_groups.participants_count as group_participants_count', 'whatsapp_sessions.session_id as session_name']);
        // PostgreSQL alone would put those without a message first.
        $query->getConnection()->getDriverName() === 'pgsql' ? $query->orderByRaw($query->getQuery()->getGrammar()->wrap('chats.last_message_at').' desc nulls last') : $query->orderByDesc('chats.last_message_at');
        $query->orderByDesc('chats.id');
        $workspaceId === null ? $query->whereNull('chats.workspace_id') : $query->where('chats.workspace_id', (string) $workspaceId);
        if ($sessionId !== null && $sessionId !== '') {
            $query->where('chats.whatsapp_session_id', $this->sessionKey($sessionId));
        }

        return $this->searched($query, trim((string) $search));
    }

    private function searched(Builder $query, string $search): Builder
    {
        if ($search === '') {
            return $query;
        }
        // One escape for all databases: the backslash means something else to each of them.
        $pattern = '%'.preg_replace('/[!%_]/', '!$0', mb_substr($search, 0, self::MAX_SEARCH)).'%';
        $columns = ['chats.name', 'contacts.name', 'whatsapp_groups.name', 'chats.phone'];
        // `0812-…` finds +62812….
        $phone = preg_match('/^[\d\s()+.-]{5,}$/', $search) === 1 ? ltrim((string) preg_replace('/\D/', '', $search), '0') : '';

        // The others ignore case by themselves.
        $like = $query->getConnection()->getDriverName() === 'pgsql' ? 'ilike' : 'like';

        return $query->where(function (Builder $any) use ($columns, $pattern, $phone, $like): void {
            foreach ($columns as $column) {
                $any->orWhereRaw($any->getQuery()->getGrammar()->wrap($column)." $like ? escape '!'", [$pattern]);
            }
            if ($phone !== '') {
                $any->orWhere('chats.phone', 'like', "%$phone%");
            }
        });
    }

    private function workspaceOf(Request $request): int|string|null
    {
        return $request->attributes->get('workspace_id') ?? $request->user()?->workspace_id;
    }

    private function sessionKey(int|string $sessionId): int
    {
        $byName = is_string($sessionId) ? Models::query('sessions')->where('session_id', $sessionId)->value('id') : null;

        // A session that does not exist has no chats.
        return (int) ($byName ?? (ctype_digit((string) $sessionId) ? $sessionId : 0));
    }
}
