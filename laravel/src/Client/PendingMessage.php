<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use SplFileInfo;
use WhatsAppBridge\Messages\Media;
use WhatsAppBridge\Messages\MessageOptions;
use WhatsAppBridge\Messages\WhatsAppMessage;
use WhatsAppBridge\Results\Message;

/** `WhatsApp::session('sales')->to('0812…')`: options first, then the kind, which sends it. */
final class PendingMessage
{
    use MessageOptions;

    public function __construct(
        private readonly Messages $messages,
        private readonly ?string $session,
        private readonly string $to,
    ) {
    }

    public function text(string $text): Message
    {
        return $this->send(WhatsAppMessage::text($text));
    }

    /** @param  Media|string|SplFileInfo  $media  a string is a URL or an upload's id; {@see Media} has the other forms */
    public function image(Media|string|SplFileInfo $media, ?string $caption = null): Message
    {
        return $this->send(WhatsAppMessage::image($media, $caption));
    }

    public function video(Media|string|SplFileInfo $media, ?string $caption = null): Message
    {
        return $this->send(WhatsAppMessage::video($media, $caption));
    }

    public function audio(Media|string|SplFileInfo $media): Message
    {
        return $this->send(WhatsAppMessage::audio($media));
    }

    public function voice(Media|string|SplFileInfo $media): Message
    {
        return $this->send(WhatsAppMessage::voice($media));
    }

    public function document(Media|string|SplFileInfo $media, ?string $caption = null): Message
    {
        return $this->send(WhatsAppMessage::document($media, $caption));
    }

    public function sticker(Media|string|SplFileInfo $media): Message
    {
        return $this->send(WhatsAppMessage::sticker($media));
    }

    public function location(float $latitude, float $longitude, ?string $name = null, ?string $address = null, ?string $url = null): Message
    {
        return $this->send(WhatsAppMessage::location($latitude, $longitude, $name, $address, $url));
    }

    public function contact(string $name, string $phone, ?string $organization = null): Message
    {
        return $this->send(WhatsAppMessage::contact($name, $phone, $organization));
    }

    /** @param  array<array{name: string, phone: string, organization?: string|null}>  $contacts */
    public function contacts(array $contacts): Message
    {
        return $this->send(WhatsAppMessage::contacts($contacts));
    }

    /** @param  array<string>  $options */
    public function poll(string $question, array $options, bool $multiple = false): Message
    {
        return $this->send(WhatsAppMessage::poll($question, $options, $multiple));
    }

    public function send(WhatsAppMessage $message): Message
    {
        $message = $message->to($this->to)->withOptions($this->options);
        if ($this->session !== null) {
            $message = $message->session($this->session);
        }
        if ($this->waitSeconds !== null) {
            $message = $message->waitForSent($this->waitSeconds);
        }
        if ($this->idempotencyKey !== null) {
            $message = $message->idempotencyKey($this->idempotencyKey);
        }

        return $this->messages->send($message);
    }
}
