<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\App\Notifications;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Notifications\Notification;
use WhatsAppBridge\Messages\WhatsAppMessage;

final class OrderShipped extends Notification implements ShouldQueue
{
    use Queueable;

    public int $tries = 3;

    public function __construct(public string $text)
    {
    }

    /** @return list<string> */
    public function via(): array
    {
        return ['whatsapp'];
    }

    public function toWhatsApp(): WhatsAppMessage
    {
        return WhatsAppMessage::text($this->text)->session('sales')->priority('high');
    }
}
