<?php

declare(strict_types=1);

namespace WhatsAppBridge\Messages;

use SplFileInfo;
use WhatsAppBridge\Exceptions\InvalidMessageException;

/**
 * A message of any kind, before it is sent: what a notification's `toWhatsApp()` returns, and what the facade builds.
 * Each method answers a changed copy.
 */
final class WhatsAppMessage
{
    use MessageOptions;

    private ?string $session = null;

    private ?string $to = null;

    /** @param  array<string, mixed>  $content */
    private function __construct(
        public readonly string $type,
        private readonly array $content,
        private readonly ?Media $media = null,
    ) {
    }

    public static function text(string $text): self
    {
        return new self('text', ['text' => $text]);
    }

    public static function image(Media|string|SplFileInfo $media, ?string $caption = null): self
    {
        return self::media('image', $media, $caption);
    }

    public static function video(Media|string|SplFileInfo $media, ?string $caption = null): self
    {
        return self::media('video', $media, $caption);
    }

    public static function audio(Media|string|SplFileInfo $media): self
    {
        return self::media('audio', $media);
    }

    /** A voice note. */
    public static function voice(Media|string|SplFileInfo $media): self
    {
        return self::media('voice', $media);
    }

    public static function document(Media|string|SplFileInfo $media, ?string $caption = null): self
    {
        return self::media('document', $media, $caption);
    }

    public static function sticker(Media|string|SplFileInfo $media): self
    {
        return self::media('sticker', $media);
    }

    public static function location(float $latitude, float $longitude, ?string $name = null, ?string $address = null, ?string $url = null): self
    {
        return new self('location', self::given(compact('latitude', 'longitude', 'name', 'address', 'url')));
    }

    /** One contact card. */
    public static function contact(string $name, string $phone, ?string $organization = null): self
    {
        return self::contacts([compact('name', 'phone', 'organization')]);
    }

    /** @param  array<array{name: string, phone: string, organization?: string|null}>  $contacts  up to 50 */
    public static function contacts(array $contacts): self
    {
        return new self('contact', ['contacts' => array_map(self::given(...), array_values($contacts))]);
    }

    /** @param  array<string>  $options  2 to 12, all different */
    public static function poll(string $question, array $options, bool $multiple = false): self
    {
        return new self('poll', ['question' => $question, 'options' => array_values($options), 'multiple' => $multiple]);
    }

    /** @param  string  $emoji  '' takes the reaction back */
    public static function reaction(string $messageId, string $emoji): self
    {
        return new self('reaction', ['message_id' => $messageId, 'emoji' => $emoji]);
    }

    public static function edit(string $messageId, string $text): self
    {
        return new self('edit', ['message_id' => $messageId, 'text' => $text]);
    }

    /** For everyone. */
    public static function delete(string $messageId): self
    {
        return new self('delete', ['message_id' => $messageId]);
    }

    public function session(string|int $session): self
    {
        $copy = clone $this;
        $copy->session = (string) $session;

        return $copy;
    }

    /** @param  string|int  $to  a phone number in any spelling, or a JID of a person or a group */
    public function to(string|int $to): self
    {
        $copy = clone $this;
        $copy->to = (string) $to;

        return $copy;
    }

    public function sessionId(): ?string
    {
        return $this->session;
    }

    public function recipient(): ?string
    {
        return $this->to;
    }

    /** A reaction, an edit and a deletion are about a message, and go to nobody. */
    public function needsRecipient(): bool
    {
        return ! in_array($this->type, ['reaction', 'edit', 'delete'], true);
    }

    /** The file whose bytes go with the request. */
    public function file(): ?Media
    {
        return $this->media?->isFile() ? $this->media : null;
    }

    public function waitSeconds(): ?int
    {
        return $this->waitSeconds;
    }

    public function ownIdempotencyKey(): ?string
    {
        return $this->idempotencyKey;
    }

    /**
     * The body of `POST /api/messages`.
     *
     * @return array<string, mixed>
     *
     * @throws InvalidMessageException when it does not say from which session, or to whom
     */
    public function toArray(): array
    {
        if ($this->session === null) {
            throw new InvalidMessageException('The message names no session. Give it one with session(), or set WHATSAPP_SESSION.');
        }
        if ($this->needsRecipient() && ($this->to === null || trim($this->to) === '')) {
            throw new InvalidMessageException('The message has no recipient. Give it one with to().');
        }

        return [
            'session_id' => $this->session,
            'type' => $this->type,
            ...($this->needsRecipient() ? ['to' => $this->to] : []),
            ...$this->content,
            ...($this->media !== null && ! $this->media->isFile() ? ['media' => $this->media->reference()] : []),
            ...$this->options,
        ];
    }

    /** @param  array<string, mixed>  $options */
    public function withOptions(array $options): self
    {
        $copy = clone $this;
        $copy->options = [...$copy->options, ...$options];

        return $copy;
    }

    private static function media(string $type, Media|string|SplFileInfo $media, ?string $caption = null): self
    {
        return new self($type, self::given(['caption' => $caption]), Media::from($media));
    }

    /** @param  array<string, mixed>  $fields  @return array<string, mixed> */
    private static function given(array $fields): array
    {
        return array_filter($fields, fn ($value) => $value !== null);
    }
}
