<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Http\Client\Request;
use Illuminate\Notifications\AnonymousNotifiable;
use Illuminate\Notifications\Notifiable;
use Illuminate\Notifications\Notification;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\Facades\Notification as Notifications;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Exceptions\UnauthorizedException;
use WhatsAppBridge\Facades\WhatsApp;
use WhatsAppBridge\Messages\WhatsAppMessage;
use WhatsAppBridge\Notifications\WhatsAppChannel;

final class NotificationTest extends SendingTestCase
{
    private function customer(?string $phone = '0812-3456-7890'): object
    {
        return new class($phone) {
            use Notifiable;

            public function __construct(private readonly ?string $phone)
            {
            }

            public function routeNotificationForWhatsapp(): ?string
            {
                return $this->phone;
            }
        };
    }

    /** @return list<array<string, mixed>> */
    private function bodies(): array
    {
        return Http::recorded()->map(fn (array $pair) => json_decode($pair[0]->body(), true))->values()->all();
    }

    public function test_a_text_goes_to_the_notifiables_number_from_the_default_session(): void
    {
        $this->bridgeAnswers([self::message()]);
        $this->customer()->notify(new OrderShipped('Your order is on its way.'));
        self::assertEquals([['session_id' => 'sales', 'type' => 'text', 'to' => '0812-3456-7890', 'text' => 'Your order is on its way.']], $this->bodies());
    }

    public function test_a_message_says_its_session_and_may_say_its_recipient(): void
    {
        $this->bridgeAnswers([self::message()]);
        $this->customer()->notify(new OrderShipped([WhatsAppMessage::image('https://shop.example/a.jpg', 'x')->session('support'), WhatsAppMessage::text('y')->to('0813'), null]));
        self::assertSame([['support', '0812-3456-7890'], ['sales', '0813']], array_map(fn (array $body) => [$body['session_id'], $body['to']], $this->bodies()));
        self::assertCount(2, array_unique($this->keysSent()));
    }

    public function test_who_has_no_number_gets_nothing(): void
    {
        $this->bridgeAnswers([self::message()]);
        $this->customer(null)->notify(new OrderShipped('x'));
        Http::assertNothingSent();
    }

    public function test_anybody_can_be_notified_by_the_channels_name_or_class(): void
    {
        $this->bridgeAnswers([self::message()]);
        Notifications::route('whatsapp', '0811')->notify(new OrderShipped('x'));
        Notifications::send((new AnonymousNotifiable)->route(WhatsAppChannel::class, '0814'), new OrderShipped('y', [WhatsAppChannel::class]));
        self::assertSame(['0811', '0814'], array_column($this->bodies(), 'to'));
    }

    public function test_a_notification_without_the_method_says_so(): void
    {
        $this->expectException(InvalidMessageException::class);
        $this->customer()->notify(new class extends Notification {
            public function via(): array
            {
                return ['whatsapp'];
            }
        });
    }

    public function test_an_error_reaches_whoever_sent_it(): void
    {
        $this->bridgeAnswers([self::error(401, 'unauthorized')]);
        $this->expectException(UnauthorizedException::class);
        $this->customer()->notify(new OrderShipped('x'));
    }

    public function test_a_queued_one_that_is_tried_again_has_the_same_key(): void
    {
        config(['queue.default' => 'database']);
        $this->artisan('migrate')->assertExitCode(0);
        $this->bridgeAnswers([self::error(500, 'internal'), self::message()]);
        Notifications::route('whatsapp', '0811')->notify(new QueuedOrderShipped('x'));

        Http::assertNothingSent();
        $this->artisan('queue:work', ['--once' => true, '--sleep' => 0]);
        $this->artisan('queue:work', ['--once' => true, '--sleep' => 0]);
        $keys = $this->keysSent();
        self::assertCount(2, $keys);
        self::assertSame($keys[0], $keys[1]);
        self::assertStringStartsWith('notification-', (string) $keys[0]);
    }

    public function test_a_job_that_is_tried_again_has_the_same_keys(): void
    {
        config(['queue.default' => 'database']);
        $this->artisan('migrate')->assertExitCode(0);
        $this->bridgeAnswers([self::message(), self::error(500, 'internal'), self::message()]);
        dispatch(new RemindTwo);
        dispatch(new RemindTwo);

        foreach (range(1, 3) as $ignored) {
            $this->artisan('queue:work', ['--once' => true, '--sleep' => 0]);
        }
        // The first job: 1 taken, 2 failed. The second: both. The first again: both, with the keys that they had.
        [$one, $two, $otherOne, $otherTwo, $oneAgain, $twoAgain] = $this->keysSent();
        self::assertSame([$one, $two], [$oneAgain, $twoAgain]);
        self::assertCount(4, array_unique([$one, $two, $otherOne, $otherTwo]));
    }

    public function test_words_that_changed_between_two_attempts_are_not_sent_beside_the_first(): void
    {
        $this->bridgeAnswers([self::error(409, 'idempotency_key_reused')]);
        $this->customer()->notify(new OrderShipped('In 5 minutes'));
        Http::assertSentCount(1);

        $this->bridgeAnswers([fn (Request $request) => self::error(409, 'session_wrong_state')]);
        $this->expectException(\WhatsAppBridge\Exceptions\SessionWrongStateException::class);
        $this->customer()->notify(new OrderShipped('In 5 minutes'));
    }
}

class OrderShipped extends Notification
{
    use Queueable;

    public function __construct(protected mixed $said, protected array $channels = ['whatsapp'])
    {
    }

    public function via(): array
    {
        return $this->channels;
    }

    public function toWhatsApp(): mixed
    {
        return $this->said;
    }
}

final class QueuedOrderShipped extends OrderShipped implements ShouldQueue
{
    public int $tries = 3;
}

final class RemindTwo implements ShouldQueue
{
    use \Illuminate\Queue\InteractsWithQueue;
    use Queueable;

    public int $tries = 3;

    public function handle(): void
    {
        WhatsApp::to('0811')->text('first');
        WhatsApp::to('0811')->text('second');
    }
}
