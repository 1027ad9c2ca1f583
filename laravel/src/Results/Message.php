<?php

declare(strict_types=1);

namespace WhatsAppBridge\Results;

/**
 * A message that was handed to the bridge, with its state at that moment.
 *
 * @property-read string $id  the bridge's, `msg_…`
 * @property-read string|int $session_id
 * @property-read string $to  the JID that it goes to
 * @property-read string|null $phone  E.164
 * @property-read string $type
 * @property-read string $priority
 * @property-read string $state  queued, sending, sent, delivered, read, played, failed, unknown or cancelled
 * @property-read array{code: string, message: string, detail: string|null}|null $reason  why it failed
 * @property-read string|null $message_id  WhatsApp's, once it is known
 * @property-read array{level: int, name: string}|null $ack
 * @property-read int $attempts
 * @property-read string $created_at
 * @property-read string $expires_at
 * @property-read string|null $sent_at
 * @property-read string|null $delivered_at
 * @property-read string|null $read_at
 * @property-read string|null $played_at
 * @property-read string|null $ended_at
 */
final class Message extends Result
{
    /** WhatsApp has it. */
    public function isSent(): bool
    {
        return in_array($this->state, ['sent', 'delivered', 'read', 'played'], true);
    }

    /** It will still go out, or is on its way. */
    public function isPending(): bool
    {
        return in_array($this->state, ['queued', 'sending'], true);
    }

    /** It did not go out, and will not. `unknown` is not among them: look at the phone before you send that again. */
    public function hasFailed(): bool
    {
        return in_array($this->state, ['failed', 'cancelled'], true);
    }
}
