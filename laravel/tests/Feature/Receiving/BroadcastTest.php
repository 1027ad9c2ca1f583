<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Broadcasting\Broadcasters\Broadcaster;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Broadcast;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Gate;
use Illuminate\Support\Facades\Queue;
use ReflectionProperty;
use Symfony\Component\HttpKernel\Exception\AccessDeniedHttpException;
use WhatsAppBridge\Events\NewChatReceived;
use WhatsAppBridge\Tests\App\User;

final class BroadcastTest extends ReceivingTestCase
{
    use RefreshDatabase;

    public function test_a_message_is_broadcast_to_its_workspace_with_its_group(): void
    {
        Event::fake([NewChatReceived::class]);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->groupMessage('g1'), ['sequence' => 9]));
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1')));
        $this->deliver(self::WEBHOOK, $this->webhook('message.sent', $this->message('true_1', ['from_me' => true, 'id' => 'msg_1'])));
        Event::assertDispatchedTimes(NewChatReceived::class, 2);
        Event::assertDispatched(function (NewChatReceived $event): bool {
            $payload = $event->broadcastWith();

            return $payload['message']['message_id'] === 'g1'
                && [$event->broadcastOn()->name, $event->broadcastAs()] === ['private-chats.ch7', 'new-chat-received']
                && [$payload['session_id'], $payload['sequence'], $payload['chat']['chat_type'], $payload['chat']['unread_count']] === ['sales', 9, 'group', 1]
                && array_intersect_key($payload['group'], ['name' => 1, 'participants_count' => 1]) === ['name' => 'Reseller', 'participants_count' => 2];
        });
        Event::assertDispatched(fn (NewChatReceived $event): bool => $event->payload['message']['message_id'] === 'm1' && $event->payload['group'] === null);
    }

    public function test_it_is_queued_where_the_settings_say_and_not_at_all_when_nobody_listens(): void
    {
        Queue::fake();
        config(['whatsapp.queue.name' => 'whatsapp']);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m1')));
        self::assertCount(1, Queue::pushedJobs());
        config(['broadcasting.default' => 'null']);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m2')))->assertStatus(202);
        config(['broadcasting.default' => 'log', 'whatsapp.broadcast' => false]);
        $this->deliver(self::WEBHOOK, $this->webhook('message', $this->message('m3')))->assertStatus(202);
        self::assertCount(1, Queue::pushedJobs()[array_key_first(Queue::pushedJobs())]);
    }

    public function test_a_user_hears_only_their_own_workspace(): void
    {
        self::assertSame([true, false, false, false], [$this->mayJoin('7', 7), $this->mayJoin('7', 8), $this->mayJoin('0', null), $this->mayJoin('70', 7)]);
    }

    public function test_the_gate_of_the_application_decides_when_there_is_one(): void
    {
        Gate::define('viewWhatsAppWorkspace', fn (User $user, string $workspace): bool => $workspace === '12');
        self::assertSame([true, false], [$this->mayJoin('12', 7), $this->mayJoin('7', 7)]);
    }

    private function mayJoin(string $workspace, ?int $own): bool
    {
        // The log broadcaster lets everyone in; this one asks as those of Pusher and Redis do.
        $broadcaster = new class extends Broadcaster
        {
            public function auth($request)
            {
                return $this->verifyUserCanAccessChannel($request, substr($request->channel_name, strlen('private-')));
            }

            public function validAuthenticationResponse($request, $result)
            {
                return $result;
            }

            public function broadcast(array $channels, $event, array $payload = []): void
            {
            }
        };
        $channels = new ReflectionProperty(Broadcaster::class, 'channels');
        foreach ($channels->getValue(Broadcast::driver()) as $name => $callback) {
            $broadcaster->channel($name, $callback);
        }
        $request = Request::create('/broadcasting/auth', 'POST', ['channel_name' => "private-chats.ch$workspace"]);
        $request->setUserResolver(fn (): User => new User(['workspace_id' => $own]));
        try {
            return (bool) $broadcaster->auth($request);
        } catch (AccessDeniedHttpException) {
            return false;
        }
    }
}
