<?php

declare(strict_types=1);

namespace WhatsAppBridge\Messages;

use DateTimeInterface;
use WhatsAppBridge\Exceptions\InvalidMessageException;

/** What may be said of a message of any kind, in the fluent form. */
trait MessageOptions
{
    /** @var array<string, mixed> as the API names them */
    private array $options = [];

    private ?int $waitSeconds = null;

    private ?string $idempotencyKey = null;

    /** @param  string  $messageId  the bridge's (`msg_…`) or WhatsApp's, such as a webhook's `message_id` */
    public function replyTo(string $messageId): static
    {
        return $this->with('quoted_message_id', $messageId);
    }

    /** @param  string|int|array<string|int>  $people  phone numbers or JIDs; the text names each as `@62812…` */
    public function mention(string|int|array $people): static
    {
        return $this->with('mentions', [...($this->options['mentions'] ?? []), ...array_map(strval(...), array_values((array) $people))]);
    }

    /** @param  'high'|'normal'|'low'  $priority */
    public function priority(string $priority): static
    {
        return $this->with('priority', $priority);
    }

    /** Throw a SessionWrongStateException instead of waiting for a session that does not work. */
    public function refuseUnlessWorking(): static
    {
        return $this->with('if_not_working', 'refuse');
    }

    /** Give it up when it has not gone out by then. */
    public function expiresAfter(int|DateTimeInterface $secondsOrTime): static
    {
        $seconds = is_int($secondsOrTime) ? $secondsOrTime : $secondsOrTime->getTimestamp() - time();

        return $seconds >= 1 ? $this->with('max_age_seconds', $seconds) : throw new InvalidMessageException('A message has to expire in the future.');
    }

    /** Show "typing…" for a moment first. */
    public function typing(bool $typing = true): static
    {
        return $this->with('typing', $typing);
    }

    /** Mark the chat as seen first. */
    public function seen(bool $seen = true): static
    {
        return $this->with('seen', $seen);
    }

    /** Of an image or a video. */
    public function viewOnce(bool $viewOnce = true): static
    {
        return $this->with('view_once', $viewOnce);
    }

    /** Of a text with a link. */
    public function withoutLinkPreview(): static
    {
        return $this->with('link_preview', false);
    }

    /** Wait for the answer until WhatsApp has the message, or it failed; then look at its `state`. @param  int  $seconds  1 to 60 */
    public function waitForSent(int $seconds = 20): static
    {
        $copy = clone $this;
        $copy->waitSeconds = $seconds;

        return $copy;
    }

    /** The same key with the same message sends it once, whoever repeats it. Without one, each call has its own. */
    public function idempotencyKey(string $key): static
    {
        $copy = clone $this;
        $copy->idempotencyKey = $key;

        return $copy;
    }

    private function with(string $option, mixed $value): static
    {
        $copy = clone $this;
        $copy->options[$option] = $value;

        return $copy;
    }
}
