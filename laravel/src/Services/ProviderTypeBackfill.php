<?php

declare(strict_types=1);

namespace WhatsAppBridge\Services;

use Closure;
use Illuminate\Support\Collection;
use WhatsAppBridge\Models\Chat;
use WhatsAppBridge\Support\Models;

/**
 * Gives `provider_type` and `chat_type` to the chats that were there before the bridge. What has a value keeps it, so
 * that it can be stopped and run again.
 */
final class ProviderTypeBackfill
{
    /** @param string $formerProvider what a chat came through that is not the bridge's */
    public function __construct(private readonly string $formerProvider = 'meta', private readonly int $chunk = 1000)
    {
    }

    /**
     * @param (Closure(int): void)|null $progress is told the number of rows of each chunk
     * @return int rows that were changed
     */
    public function run(?Closure $progress = null): int
    {
        $changed = 0;
        Models::query('chats')
            ->where(fn ($query) => $query->whereNull('provider_type')->orWhereNull('chat_type'))
            ->select(['id', 'provider_type', 'chat_type', 'chat_jid', 'group_id', 'whatsapp_session_id'])
            ->chunkById($this->chunk, function (Collection $chats) use (&$changed, $progress): void {
                foreach ($chats->groupBy(fn (Chat $chat): string => $this->providerOf($chat).' '.$this->typeOf($chat)) as $values => $alike) {
                    [$provider, $type] = explode(' ', $values);
                    $changed += Models::query('chats')->whereIn('id', $alike->pluck('id'))->toBase()->update(['provider_type' => $provider, 'chat_type' => $type]);
                }
                if ($progress !== null) {
                    $progress($chats->count());
                }
            });

        return $changed;
    }

    /**
     * Chats that exist more than once in one session: the unique index cannot be made over them.
     *
     * @return list<array{session: int, ids: list<int>}>
     */
    public function duplicates(): array
    {
        $twice = Models::query('chats')->toBase()
            ->whereNotNull('whatsapp_session_id')->whereNotNull('chat_jid')
            ->select(['whatsapp_session_id', 'chat_jid'])
            ->groupBy('whatsapp_session_id', 'chat_jid')
            ->havingRaw('count(*) > 1')
            ->limit(1000)
            ->get();

        return $twice->map(fn (object $one): array => [
            'session' => (int) $one->whatsapp_session_id,
            'ids' => Models::query('chats')->where('whatsapp_session_id', $one->whatsapp_session_id)->where('chat_jid', $one->chat_jid)
                ->orderBy('id')->pluck('id')->all(),
        ])->all();
    }

    private function providerOf(Chat $chat): string
    {
        $isOurs = $chat->getAttribute('whatsapp_session_id') !== null && $chat->chat_jid !== null;

        return $chat->provider_type ?? ($isOurs ? Chat::PROVIDER : $this->formerProvider);
    }

    private function typeOf(Chat $chat): string
    {
        $isGroup = $chat->getAttribute('group_id') !== null || str_ends_with((string) $chat->chat_jid, '@g.us');

        return $chat->chat_type ?? ($isGroup ? Chat::GROUP : Chat::PRIVATE);
    }
}
