<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use Illuminate\Database\Eloquent\Model;
use Illuminate\Support\Carbon;
use Illuminate\Support\Collection;
use Illuminate\Support\Str;
use WhatsAppBridge\Models\Chat;
use WhatsAppBridge\Models\WhatsAppSession;
use WhatsAppBridge\Services\ContactProvisioningService;
use WhatsAppBridge\Support\Models;
use WhatsAppBridge\Support\Text;

/** The chats of a session. Call it inside a transaction. */
final class ChatStore
{
    private const UNIQUE = ['whatsapp_session_id', 'chat_jid'];

    /** Of a chat that is known; what else its row has is the application's. */
    private const UPDATED = [
        'workspace_id', 'chat_type', 'provider_type', 'contact_id', 'group_id', 'name', 'phone', 'lid', 'archived', 'pinned', 'muted',
        'unread_count', 'last_message_at', 'last_message', 'last_message_type', 'last_message_from_me', 'updated_at',
    ];

    public function __construct(private readonly ContactProvisioningService $contacts, private readonly GroupStore $groups)
    {
    }

    /**
     * Chats as a sync brings them, with their contacts and groups, in a fixed number of queries.
     *
     * @param list<array<string, mixed>> $chats
     * @return list<string> uuids of the chats that were not known before
     * @throws InvalidPayload when one of them cannot be taken; then none is
     */
    public function save(WhatsAppSession $session, array $chats): array
    {
        foreach ($chats as $chat) {
            InvalidPayload::requireText($chat, 'chat_id');
            if (! in_array($chat['chat_type'] ?? null, [Chat::PRIVATE, Chat::GROUP], true)) {
                throw new InvalidPayload('chat_type', 'chat_type must be private or group');
            }
        }
        // The later word on a chat counts.
        $chats = array_column($chats, null, 'chat_id');
        $known = $this->find($session, array_keys($chats));
        $groups = $this->groups->save($session, array_values(array_map([$this, 'groupOf'], array_filter($chats, [$this, 'isGroup']))));
        $contacts = $this->contacts->getOrCreateMany($this->namesByPhone($chats, $known), $session->workspace_id);
        $rows = array_map(function (array $chat) use ($session, $known, $groups, $contacts): array {
            $links = ['group_id' => $groups[$chat['chat_id']] ?? null, 'contact_id' => $contacts[$this->phoneOf($chat)] ?? null];

            return $this->row($session, $chat, $known->get($chat['chat_id']), $links);
        }, array_values($chats));
        if ($rows !== []) {
            Models::query('chats')->upsert(Models::rows('chats', $rows), self::UNIQUE, self::UPDATED);
        }

        return array_column(array_filter($rows, fn (array $row): bool => ! $known->has($row['chat_jid'])), 'uuid');
    }

    /**
     * The chat of a message, made when it is new; of a group also its participants.
     *
     * @param array<string, mixed> $data of `message` or `message.sent`
     */
    public function ofMessage(WhatsAppSession $session, array $data): Chat
    {
        $jid = InvalidPayload::requireText($data, 'chat_id');
        $known = $this->find($session, [$jid])->get($jid);
        $isGroup = ($data['chat_type'] ?? null) === Chat::GROUP;
        if ($isGroup) {
            $this->groups->save($session, [$this->groupOf($data + ['name' => $data['group_name'] ?? null])]);
        }
        if ($known !== null) {
            return $known;
        }
        $person = Text::map($data['from'] ?? null);
        $this->save($session, [array_filter([
            'chat_id' => $jid,
            'chat_type' => $isGroup ? Chat::GROUP : Chat::PRIVATE,
            'name' => $isGroup ? ($data['group_name'] ?? null) : ($person['name'] ?? null),
            'phone' => $isGroup ? null : ($person['phone'] ?? null),
            'lid' => $isGroup ? null : ($person['lid'] ?? null),
            'group' => $isGroup ? $this->groupOf($data + ['name' => $data['group_name'] ?? null]) : null,
        ], fn (mixed $value): bool => $value !== null)]);

        return $this->find($session, [$jid])->get($jid);
    }

    /** A message that was not known before: the chat moves up, and has one more unread. */
    public function noteMessage(Chat $chat, Model $message): void
    {
        $sentAt = $message->getAttribute('sent_at');
        $isNewest = $sentAt !== null && ($chat->last_message_at === null || $sentAt >= $chat->last_message_at);
        $chat->forceFill(
            ($isNewest ? ['last_message_at' => $sentAt] + $this->preview($message->getAttribute('body'), $message->getAttribute('type'), $message->getAttribute('from_me')) : [])
            + ($message->getAttribute('from_me') ? [] : ['unread_count' => $chat->unread_count + 1]),
        )->save();
    }

    /**
     * @param list<string> $jids
     * @return Collection<string, Chat>
     */
    private function find(WhatsAppSession $session, array $jids): Collection
    {
        return Models::query('chats')->where('whatsapp_session_id', $session->id)->whereIn('chat_jid', $jids)->lockForUpdate()->get()->keyBy('chat_jid')->toBase();
    }

    /**
     * @param array<string, mixed> $chat
     * @param array{group_id: int|null, contact_id: int|string|null} $links
     * @return array<string, mixed>
     */
    private function row(WhatsAppSession $session, array $chat, ?Chat $known, array $links): array
    {
        $at = Text::time($chat['last_message_at'] ?? null);
        $last = Text::map($chat['last_message'] ?? null);
        $flag = fn (string $name): bool => is_bool($chat[$name] ?? null) ? $chat[$name] : (bool) $known?->getAttribute($name);

        return [
            'uuid' => $known->uuid ?? (string) Str::uuid(),
            'workspace_id' => $session->workspace_id,
            'whatsapp_session_id' => $session->id,
            'chat_jid' => $chat['chat_id'],
            'chat_type' => $chat['chat_type'],
            'provider_type' => Text::clip($chat['provider_type'] ?? null, 32) ?? Chat::PROVIDER,
            'contact_id' => $known?->getAttribute('contact_id') ?? $links['contact_id'],
            'group_id' => $links['group_id'],
            'name' => Text::clip($chat['name'] ?? null) ?? $known?->getAttribute('name'),
            'phone' => $this->phoneOf($chat) ?: $known?->getAttribute('phone'),
            'lid' => Text::clip($chat['lid'] ?? null, 64) ?? $known?->getAttribute('lid'),
            'archived' => $flag('archived'),
            'pinned' => $flag('pinned'),
            'muted' => $flag('muted'),
        ] + ($this->isOutdated($at, $known) ? $known->only(['unread_count', 'last_message_at', 'last_message', 'last_message_type', 'last_message_from_me']) : [
            'unread_count' => Text::count($chat['unread_count'] ?? null) ?? $known->unread_count ?? 0,
            'last_message_at' => $at,
        ] + $this->preview($last['body'] ?? null, $last['type'] ?? null, $last['from_me'] ?? null));
    }

    /** A sync may have looked at a chat before a message came that is stored already. */
    private function isOutdated(?Carbon $at, ?Chat $known): bool
    {
        return $known?->last_message_at !== null && ($at === null || $at->lt($known->last_message_at));
    }

    /** @return array<string, mixed> */
    private function preview(mixed $body, mixed $type, mixed $fromMe): array
    {
        return ['last_message' => Text::clip($body, 500), 'last_message_type' => Text::clip($type, 32), 'last_message_from_me' => is_bool($fromMe) ? $fromMe : null];
    }

    /** @param array<string, mixed> $chat */
    private function isGroup(array $chat): bool
    {
        return $chat['chat_type'] === Chat::GROUP;
    }

    /**
     * @param array<string, mixed> $chat of a sync, or a message's data: both have their participants under the same names
     * @return array<string, mixed>
     */
    private function groupOf(array $chat): array
    {
        $group = Text::map($chat['group'] ?? null) ?: $chat;

        return ['group_jid' => $chat['chat_id'], 'subject' => $group['subject'] ?? $chat['name'] ?? null]
            + array_intersect_key($group, ['participants' => true, 'participants_count' => true]);
    }

    /** @param array<string, mixed> $chat */
    private function phoneOf(array $chat): string
    {
        return (string) Text::clip($chat['phone'] ?? null, 32);
    }

    /**
     * @param array<string, array<string, mixed>> $chats
     * @param Collection<string, Chat> $known
     * @return array<string, string|null> of those whose contact is not known yet
     */
    private function namesByPhone(array $chats, Collection $known): array
    {
        $names = [];
        foreach ($chats as $jid => $chat) {
            $phone = $this->phoneOf($chat);
            if ($phone !== '' && $chat['chat_type'] === Chat::PRIVATE && $known->get($jid)?->getAttribute('contact_id') === null) {
                $names[$phone] = Text::clip($chat['name'] ?? null);
            }
        }

        return $names;
    }
}
