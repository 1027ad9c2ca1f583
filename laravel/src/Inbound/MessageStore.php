<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use Illuminate\Database\Eloquent\Builder;
use WhatsAppBridge\Models\WhatsAppMessage;
use WhatsAppBridge\Models\WhatsAppSession;
use WhatsAppBridge\Support\Models;
use WhatsAppBridge\Support\Text;
use WhatsAppBridge\Webhooks\Webhook;

/** Messages of a session, and what became of them. Every method bears a repeat. */
final class MessageStore
{
    /** What was sent, but is about another message: `message_id` is that one's. */
    private const ABOUT_ANOTHER = ['reaction', 'edit', 'delete'];

    private const ACK_ERROR = -1;

    /** WhatsApp knows up to 4; it may come to know more. */
    private const ACK_MAX = 100;

    public function __construct(private readonly ChatStore $chats)
    {
    }

    /** A message that came in or went out. */
    public function add(WhatsAppSession $session, Webhook $webhook): void
    {
        $id = InvalidPayload::requireText($webhook->data, 'message_id');
        if ($webhook->event === 'message.sent' && in_array($webhook->get('type'), self::ABOUT_ANOTHER, true)) {
            return;
        }
        Models::transaction(function () use ($session, $webhook, $id): void {
            $chat = $this->chats->ofMessage($session, $webhook->data);
            $values = ['chat_id' => $chat->id, 'message_id' => $id] + $this->values($session, $webhook);
            if (! config('whatsapp.store_messages') || Models::query('messages')->insertOrIgnore(Models::row('messages', $values)) === 1) {
                $this->chats->noteMessage($chat, Models::make('messages')->forceFill($values));
            } elseif ($values['bridge_id'] !== null) {
                $this->find($session, $id)->whereNull('bridge_id')->update(['bridge_id' => $values['bridge_id']]);
            }
        });
    }

    /** An acknowledgement only goes up; an error is an end. */
    public function acknowledge(WhatsAppSession $session, Webhook $webhook): void
    {
        $ack = $webhook->get('ack');
        $id = $webhook->get('message_id');
        $bridgeId = $webhook->get('id');
        if (! is_int($ack) || $ack < self::ACK_ERROR || $ack > self::ACK_MAX) {
            throw new InvalidPayload('ack', 'ack must be a whole number from -1');
        }
        $query = match (true) {
            is_string($id) => $this->find($session, InvalidPayload::requireText($webhook->data, 'message_id')),
            is_string($bridgeId) => Models::query('messages')->where('whatsapp_session_id', $session->id)->where('bridge_id', InvalidPayload::requireText($webhook->data, 'id')),
            default => throw new InvalidPayload('message_id', 'message_id or id must be there'),
        };
        $query->when($ack !== self::ACK_ERROR, fn (Builder $query) => $query->where(fn (Builder $lower) => $lower->whereNull('ack')->orWhere('ack', '<', $ack)))
            ->update(['ack' => $ack, 'ack_reason' => Text::clip($webhook->get('reason.code'), 64)]);
    }

    public function edit(WhatsAppSession $session, Webhook $webhook): void
    {
        $this->find($session, InvalidPayload::requireText($webhook->data, 'message_id'))
            ->update(['body' => Text::clip($webhook->get('body'), 65536), 'edited_at' => Text::time($webhook->get('timestamp'))]);
    }

    public function revoke(WhatsAppSession $session, Webhook $webhook): void
    {
        $this->find($session, InvalidPayload::requireText($webhook->data, 'message_id'))->update(['revoked_at' => Text::time($webhook->get('timestamp'))]);
    }

    /** One reaction a person; null takes it back. */
    public function react(WhatsAppSession $session, Webhook $webhook): void
    {
        $id = InvalidPayload::requireText($webhook->data, 'message_id');
        $sender = InvalidPayload::requireText(Text::map($webhook->get('sender')), 'jid');
        Models::transaction(function () use ($session, $webhook, $id, $sender): void {
            $message = $this->find($session, $id)->lockForUpdate()->first();
            if ($message === null) {
                return;
            }
            $emoji = Text::clip($webhook->get('reaction'), 32);
            $others = array_diff_key($message->getAttribute('reactions') ?? [], [$sender => true]);
            $message->forceFill(['reactions' => $emoji === null ? $others : $others + [$sender => $emoji]])->save();
        });
    }

    private function find(WhatsAppSession $session, string $messageId): Builder
    {
        return Models::query('messages')->where('whatsapp_session_id', $session->id)->where('message_id', $messageId);
    }

    /** @return array<string, mixed> */
    private function values(WhatsAppSession $session, Webhook $webhook): array
    {
        // In a group the author wrote it, in a private chat the person whose chat it is.
        $author = Text::map($webhook->get('author') ?? $webhook->get('from'));

        return [
            'whatsapp_session_id' => $session->id,
            'workspace_id' => $session->workspace_id,
            'bridge_id' => Text::clip($webhook->get('id'), 64),
            'from_me' => $webhook->get('from_me') === true,
            'author_jid' => Text::clip($author['jid'] ?? null, 191),
            'author_phone' => Text::clip($author['phone'] ?? null, 32),
            'author_name' => Text::clip($author['name'] ?? null),
            'type' => Text::clip($webhook->get('type'), 32),
            'body' => Text::clip($webhook->get('body'), 65536),
            // The participants are the group's, and would be repeated with each of its messages.
            'data' => array_diff_key($webhook->data, ['participants' => true]),
            'ack' => $webhook->get('from_me') === true ? 1 : null,
            'sequence' => $webhook->sequence,
            'sent_at' => Text::time($webhook->get('timestamp')),
        ];
    }
}
