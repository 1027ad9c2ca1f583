<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Http\Request;
use WhatsAppBridge\Models\Chat;
use WhatsAppBridge\Services\ChatService;
use WhatsAppBridge\Tests\App\User;

final class ChatServiceTest extends ReceivingTestCase
{
    use RefreshDatabase;

    private function request(array $query = [], int|string|null $workspace = 7): Request
    {
        $request = Request::create('/chats', 'GET', $query);
        $request->setUserResolver(fn (): User => new User(['workspace_id' => $workspace]));

        return $request;
    }

    private function seedChats(int $count, string $session = 'sales', int $workspace = 7): void
    {
        foreach (array_chunk(range(1, $count), 50) as $numbers) {
            $this->deliver(self::SYNC, $this->batch(array_map([$this, 'chat'], $numbers), ['session_id' => $session, 'workspace_id' => $workspace]))->assertStatus(202);
        }
    }

    public function test_lists_the_newest_first_with_contact_group_and_session(): void
    {
        $this->seedChats(30);
        $page = (new ChatService)->getChatList($this->request(), Chat::where('chat_jid', '6281200000028@c.us')->value('uuid'), null);
        self::assertSame([30, 30], [$page->total(), count($page->items())]);
        $times = array_map(fn (Chat $chat): string => (string) $chat->last_message_at, $page->items());
        $sorted = $times;
        rsort($sorted);
        self::assertSame($sorted, $times);
        [$group, $private] = [$page->items()[0], $page->items()[2]];
        self::assertSame(['Chat 🛒 30', 1, null, 'sales', false], [$group->group_name, $group->group_participants_count, $group->contact_name, $group->session_name, $group->is_selected]);
        self::assertSame(['Chat 🛒 28', null, true, 'webjs'], [$private->contact_name, $private->group_name, $private->is_selected, $private->provider_type]);
    }

    public function test_a_chat_without_a_message_comes_last(): void
    {
        $this->deliver(self::SYNC, $this->batch([$this->chat(1, ['last_message_at' => null]), $this->chat(2), $this->chat(4)]));
        self::assertSame(['Chat 🛒 4', 'Chat 🛒 2', 'Chat 🛒 1'], array_column((new ChatService)->getChatList($this->request())->toArray()['data'], 'name'));
    }

    public function test_filters_by_session_name_or_key_by_type_and_by_what_is_searched(): void
    {
        $this->seedChats(30);
        $this->seedChats(5, 'support');
        $list = fn (?string $search = null, int|string|null $session = null, array $query = []): int => (new ChatService)->getChatList($this->request($query), null, $search, $session)->total();
        $supportKey = Chat::orderByDesc('id')->firstOrFail()->getAttribute('whatsapp_session_id');
        self::assertSame([35, 30, 5, 5, 5, 0, 0], [$list(), $list(null, 'sales'), $list(null, 'support'), $list(null, $supportKey), $list(null, (string) $supportKey), $list(null, 'nobody'), $list(null, 99)]);
        self::assertSame([11, 24], [$list(null, null, ['chat_type' => 'group']), $list(null, null, ['chat_type' => 'private'])]);
        self::assertSame([0, 35], [$list(null, null, ['provider_type' => 'meta']), $list(null, null, ['provider_type' => 'webjs'])]);
        self::assertSame([1, 1, 1, 35], [$list('chat 🛒 28'), $list('0812-0000-0028'), $list('+62 812 00000028'), $list('🛒')]);
        // What means something to LIKE is only a character here, and so is a quote.
        self::assertSame([0, 0, 0, 0, 0], [$list('%'), $list('Chat_🛒'), $list('\\'), $list("' or 1=1 --"), $list('!')]);
    }

    public function test_nobody_sees_another_workspace(): void
    {
        $this->seedChats(6);
        $this->seedChats(3, 'other', 8);
        $total = fn (Request $request): int => (new ChatService)->getChatList($request)->total();
        self::assertSame([6, 3, 0, 0], [$total($this->request()), $total($this->request([], 8)), $total($this->request([], null)), $total($this->request(['workspace_id' => 8], 9))]);
        $theirs = (string) Chat::where('workspace_id', '8')->value('uuid');
        self::assertNull((new ChatService)->selected($this->request(), $theirs));
        self::assertSame($theirs, (new ChatService)->selected($this->request([], 8), $theirs)?->uuid);
        // A middleware of the application may know better than the user's row.
        $request = $this->request([], 7);
        $request->attributes->set('workspace_id', 8);
        self::assertSame(3, $total($request));
    }

    public function test_pages_and_odd_page_numbers(): void
    {
        $this->seedChats(12);
        $ids = fn (array $query): array => array_map(fn (Chat $chat): int => $chat->id, (new ChatService)->getChatList($this->request($query))->items());
        self::assertCount(12, array_unique([...$ids(['per_page' => 5]), ...$ids(['per_page' => 5, 'page' => 2]), ...$ids(['per_page' => 5, 'page' => 3])]));
        self::assertSame([[], 12, 12, 1], [$ids(['per_page' => 5, 'page' => 99]), count($ids(['page' => '-1'])), count($ids(['page' => 'x', 'per_page' => '9999999'])), count($ids(['per_page' => '0']))]);
    }
}
