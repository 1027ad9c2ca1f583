<?php

declare(strict_types=1);

namespace WhatsAppBridge\Notifications;

use Illuminate\Contracts\Container\Container;
use Illuminate\Notifications\Notification;
use Psr\Log\LoggerInterface;
use WhatsAppBridge\Exceptions\ErrorCode;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Exceptions\WhatsAppApiException;
use WhatsAppBridge\Messages\WhatsAppMessage;
use WhatsAppBridge\Results\Message;
use WhatsAppBridge\WhatsApp;

/**
 * The notification channel `whatsapp`. A notification says what with `toWhatsApp($notifiable)` (a text, a WhatsAppMessage,
 * or several), the notifiable says where with `routeNotificationForWhatsapp($notification)`.
 */
final class WhatsAppChannel
{
    public function __construct(
        private readonly Container $container,
        private readonly LoggerInterface $log,
    ) {
    }

    /**
     * @return list<Message>  what was handed to the bridge; none when the notifiable has no number
     */
    public function send(mixed $notifiable, Notification $notification): array
    {
        if (! method_exists($notification, 'toWhatsApp')) {
            throw new InvalidMessageException(get_class($notification).' has no toWhatsApp() method.');
        }
        $route = $this->routeOf($notifiable, $notification);
        $said = $notification->toWhatsApp($notifiable);
        $sent = [];

        foreach (is_array($said) ? array_values($said) : [$said] as $position => $message) {
            if ($message === null || $message === '') {
                continue;
            }
            $message = $message instanceof WhatsAppMessage ? $message : WhatsAppMessage::text((string) $message);
            if ($message->recipient() === null && $message->needsRecipient()) {
                if ($route === null) {
                    continue;
                }
                $message = $message->to($route);
            }
            $sent[] = $this->once($message, $notification, $position);
        }

        return array_values(array_filter($sent));
    }

    /** A queued notification that is tried again has the id that it had, and so the same keys. */
    private function once(WhatsAppMessage $message, Notification $notification, int $position): ?Message
    {
        $id = (string) $notification->id;
        if ($message->ownIdempotencyKey() !== null || $id === '') {
            return $this->whatsapp()->send($message);
        }
        $about = substr(hash('sha256', json_encode([$message->sessionId(), $message->recipient(), $position])), 0, 16);

        try {
            return $this->whatsapp()->send($message->idempotencyKey("notification-{$id}-{$about}"));
        } catch (WhatsAppApiException $error) {
            if (! $error->is(ErrorCode::IdempotencyKeyReused)) {
                throw $error;
            }
            // An earlier attempt of this very notification was taken, with words that have changed since, such as a time.
            $this->log->notice('WhatsApp: the notification had been sent by an earlier attempt, in other words', ['notification' => get_class($notification), 'id' => $id]);

            return null;
        }
    }

    private function routeOf(mixed $notifiable, Notification $notification): ?string
    {
        // An AnonymousNotifiable may have been given the channel by its class.
        $route = $notifiable->routeNotificationFor('whatsapp', $notification) ?: $notifiable->routeNotificationFor(self::class, $notification);

        return is_string($route) || is_int($route) ? ((string) $route !== '' ? (string) $route : null) : null;
    }

    /** Asked for each time: Laravel keeps a channel for as long as a worker lives, and a test may bring a fake. */
    private function whatsapp(): WhatsApp
    {
        return $this->container->make(WhatsApp::class);
    }
}
