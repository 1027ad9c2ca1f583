<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use Illuminate\Http\Client\Request;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\Facades\Storage;
use WhatsAppBridge\Client\Connection;
use WhatsAppBridge\Exceptions\BridgeUnreachableException;
use WhatsAppBridge\Exceptions\ConflictException;
use WhatsAppBridge\Exceptions\ErrorCode;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Exceptions\NotConfiguredException;
use WhatsAppBridge\Exceptions\RateLimitedException;
use WhatsAppBridge\Exceptions\SessionWrongStateException;
use WhatsAppBridge\Exceptions\UnavailableException;
use WhatsAppBridge\Exceptions\WhatsAppApiException;
use WhatsAppBridge\Facades\WhatsApp;
use WhatsAppBridge\Messages\Media;

final class ClientTest extends SendingTestCase
{
    public function test_a_text_is_one_request_with_the_key_in_a_header(): void
    {
        $this->bridgeAnswers([self::message()]);
        $message = WhatsApp::session('sales')->to('0812-3456-7890')->priority('high')->text('Pesanan é/🛒');

        self::assertSame('queued', $message->state);
        self::assertTrue($message->isPending());
        Http::assertSentCount(1);
        Http::assertSent(fn (Request $request) => $request->url() === 'http://bridge.test:3000/api/messages'
            && $request->method() === 'POST'
            && $request->header('X-Api-Key') === [self::KEY]
            && $request->header('Content-Type') === ['application/json']
            && json_decode($request->body(), true) === ['session_id' => 'sales', 'type' => 'text', 'to' => '0812-3456-7890', 'text' => 'Pesanan é/🛒', 'priority' => 'high']);
    }

    public function test_waiting_for_sent_is_asked_for_in_the_query(): void
    {
        $this->bridgeAnswers([self::message('sent')]);
        self::assertTrue(WhatsApp::to('0812')->waitForSent(10)->text('x')->isSent());
        Http::assertSent(fn (Request $request) => str_ends_with($request->url(), '/api/messages?wait=sent&wait_seconds=10'));
    }

    public function test_a_file_goes_as_a_form_and_again_on_each_attempt(): void
    {
        $bodies = [];
        $this->bridgeAnswers([function (Request $request) use (&$bodies) {
            $bodies[] = $request->body();

            return count($bodies) === 1 ? self::error(503, 'shutting_down') : self::message();
        }]);
        WhatsApp::to('0812')->document(Media::contents('%PDF-1.7 bytes', 'invoice.pdf'), 'Invoice');

        self::assertCount(2, $bodies);
        foreach ($bodies as $body) {
            self::assertStringContainsString('%PDF-1.7 bytes', $body);
            self::assertStringContainsString('name="file"; filename="invoice.pdf"', $body);
            self::assertStringContainsString('"caption":"Invoice"', $body);
        }
    }

    public function test_a_file_of_a_disk_is_streamed(): void
    {
        Storage::fake('local');
        Storage::disk('local')->put('invoices/1042.pdf', '%PDF-1.7 of the disk');
        $this->bridgeAnswers([self::message()]);
        WhatsApp::to('0812')->document(Media::disk(Storage::disk('local'), 'invoices/1042.pdf'));
        Http::assertSent(fn (Request $request) => str_contains($request->body(), '%PDF-1.7 of the disk') && str_contains($request->body(), 'filename="1042.pdf"'));

        $this->expectException(InvalidMessageException::class);
        Media::disk(Storage::disk('local'), 'none.pdf');
    }

    public function test_without_a_default_session_one_has_to_be_named(): void
    {
        config(['whatsapp.session' => '']);
        $this->bridgeAnswers([self::message()]);
        WhatsApp::session(7)->to('0812')->text('x');
        $this->expectException(NotConfiguredException::class);
        WhatsApp::to('0812')->text('x');
    }

    public function test_the_same_key_is_kept_over_attempts_and_another_call_has_another(): void
    {
        $this->bridgeAnswers([self::refused(), self::refused(28), self::error(503, 'shutting_down'), self::message()]);
        WhatsApp::to('0812')->text('once');
        WhatsApp::to('0812')->text('once');

        $keys = $this->keysSent();
        // What was refused at the connection is not recorded by Laravel 8.
        self::assertSame([$keys[0], $keys[0]], array_slice($keys, 0, 2));
        self::assertNotSame($keys[0], end($keys));
        self::assertSame([250, 500, 1000], $this->pauses);
    }

    public function test_a_key_of_ones_own_goes_before(): void
    {
        $this->bridgeAnswers([self::message()]);
        WhatsApp::to('0812')->idempotencyKey('order-1042-shipped')->text('x');
        self::assertSame(['order-1042-shipped'], $this->keysSent());
    }

    public function test_429_waits_as_long_as_it_is_told(): void
    {
        $this->bridgeAnswers([self::error(429, 'rate_limited', [], ['Retry-After' => '3']), self::message()]);
        WhatsApp::to('0812')->text('x');
        self::assertSame([3000], $this->pauses);
    }

    public function test_429_that_asks_for_too_long_is_an_error_that_says_how_long(): void
    {
        $this->bridgeAnswers([self::error(429, 'rate_limited', [], ['Retry-After' => '60'])]);
        try {
            WhatsApp::to('0812')->text('x');
            self::fail('It was taken.');
        } catch (RateLimitedException $error) {
            self::assertSame(60, $error->retryAfter);
        }
        self::assertSame([], $this->pauses);
    }

    public function test_what_is_not_safe_to_repeat_is_not_repeated(): void
    {
        $this->bridgeAnswers([self::error(503, 'session_unavailable')]);
        try {
            WhatsApp::session('sales')->group('1@g.us')->leave();
            self::fail('It was taken.');
        } catch (UnavailableException $error) {
            self::assertTrue($error->is(ErrorCode::SessionUnavailable));
        }
        Http::assertSentCount(1);
    }

    public function test_a_broken_connection_says_whether_it_may_have_arrived(): void
    {
        foreach ([[7, false, 4], [52, true, 1]] as [$errno, $mayHaveArrived, $attempts]) {
            $this->pauses = [];
            $this->bridgeAnswers([self::refused($errno)]);
            try {
                WhatsApp::session('sales')->restart();
                self::fail('It was taken.');
            } catch (BridgeUnreachableException $error) {
                self::assertSame($mayHaveArrived, $error->mayHaveArrived);
                self::assertCount($attempts - 1, $this->pauses);
            }
        }
    }

    /** @dataProvider codes */
    public function test_each_error_of_the_catalogue_is_its_own_exception(ErrorCode $code): void
    {
        $error = WhatsAppApiException::of($code->status(), (string) json_encode(['error' => ['code' => $code->value, 'message' => 'A sentence.', 'request_id' => 'req_1', 'details' => ['state' => 'STOPPED']]]), 7);

        self::assertInstanceOf($code->exception(), $error);
        self::assertSame($code->exception(), $error::class);
        self::assertTrue($error->is($code));
        self::assertSame([$code->status(), 'req_1', ['state' => 'STOPPED'], 7], [$error->status, $error->requestId, $error->details, $error->retryAfter]);
        // A family knows its status: whoever catches the one for 404 gets every 404.
        self::assertNotSame(WhatsAppApiException::class, $code->exception());
    }

    /** @return iterable<string, array{ErrorCode}> */
    public static function codes(): iterable
    {
        foreach (ErrorCode::cases() as $code) {
            yield $code->value => [$code];
        }
    }

    public function test_an_error_comes_through_the_client_as_its_exception(): void
    {
        $this->bridgeAnswers([self::error(409, 'session_wrong_state', ['state' => 'STOPPED'])]);
        try {
            WhatsApp::to('0812')->refuseUnlessWorking()->text('x');
            self::fail('It was taken.');
        } catch (SessionWrongStateException $error) {
            self::assertInstanceOf(ConflictException::class, $error);
            self::assertSame('STOPPED', $error->details['state']);
        }
        Http::assertSentCount(1);
    }

    public function test_a_code_or_an_answer_that_is_not_known_is_an_exception_of_its_status(): void
    {
        self::assertSame(ConflictException::class, WhatsAppApiException::of(409, '{"error":{"code":"of_tomorrow","message":"x"}}')::class);
        self::assertSame('of_tomorrow', WhatsAppApiException::of(409, '{"error":{"code":"of_tomorrow","message":"x"}}')->errorCode);
        self::assertSame('http_502', WhatsAppApiException::of(502, '<html>Bad gateway</html>')->errorCode);
        self::assertSame('http_404', WhatsAppApiException::of(404, '{"error":"Not Found"}')->errorCode);
    }

    public function test_the_key_is_in_no_message_and_in_no_dump(): void
    {
        $this->bridgeAnswers([self::refused()]);
        try {
            WhatsApp::to('0812')->text('x');
            self::fail('It was taken.');
        } catch (BridgeUnreachableException $error) {
            self::assertStringNotContainsString(self::KEY, (string) $error);
        }
        self::assertStringNotContainsString(self::KEY, print_r(Connection::fromSettings(config('whatsapp.bridge')), true));
    }

    public function test_settings_that_are_missing_say_which(): void
    {
        $this->bridgeAnswers([self::message()]);
        foreach ([['url' => '', 'key' => 'k'], ['url' => 'http://user:pass@bridge', 'key' => 'k'], ['url' => 'http://bridge', 'key' => null]] as $settings) {
            config(['whatsapp.bridge' => $settings]);
            WhatsApp::clearResolvedInstances();
            try {
                WhatsApp::to('0812')->text('x');
                self::fail('It was taken.');
            } catch (NotConfiguredException $error) {
                self::assertStringContainsString($settings['key'] === null ? 'WHATSAPP_BRIDGE_KEY' : 'WHATSAPP_BRIDGE_URL', $error->getMessage());
                self::assertStringNotContainsString('pass', $error->getMessage());
            }
        }
        Http::assertNothingSent();
    }

    public function test_text_that_is_not_utf8_is_refused_here(): void
    {
        $this->bridgeAnswers([self::message()]);
        $this->expectException(InvalidMessageException::class);
        WhatsApp::to('0812')->text("\xff");
    }

    public function test_ids_are_encoded_in_paths(): void
    {
        $this->bridgeAnswers([Http::response([])]);
        WhatsApp::session('sales')->contact('../../keys?x=1');
        Http::assertSent(fn (Request $request) => $request->url() === 'http://bridge.test:3000/api/sessions/sales/contacts/..%2F..%2Fkeys%3Fx%3D1');
    }

    public function test_a_list_goes_on_through_its_pages(): void
    {
        $this->bridgeAnswers([
            Http::response(['chats' => [['chat_id' => 'a'], ['chat_id' => 'b']], 'next_cursor' => 'c/2']),
            Http::response(['chats' => [['chat_id' => 'c']], 'next_cursor' => null]),
        ]);
        self::assertSame(['a', 'b', 'c'], WhatsApp::session('sales')->chats(type: 'group', unread: true)->lazy()->pluck('chat_id')->all());
        Http::assertSent(fn (Request $request) => str_contains($request->url(), 'type=group&unread=true&limit=50'));
        Http::assertSent(fn (Request $request) => str_contains($request->url(), 'cursor=c%2F2'));
    }

    public function test_any_number_of_numbers_is_checked_500_at_a_time(): void
    {
        $this->bridgeAnswers([fn (Request $request) => Http::response(['results' => array_map(fn ($number) => ['input' => $number, 'on_whatsapp' => true], json_decode($request->body(), true)['numbers'])])]);
        $numbers = array_map(fn (int $n) => "0812{$n}", range(1000, 2200));
        self::assertSame($numbers, WhatsApp::session('sales')->checkNumbers($numbers)->pluck('input')->all());
        Http::assertSentCount(3);
    }

    public function test_not_ready_is_an_answer_and_no_error(): void
    {
        $this->bridgeAnswers([Http::response(['status' => 'not_ready', 'checks' => ['browser' => ['ok' => false]]], 503)]);
        self::assertSame('not_ready', WhatsApp::ready()->status);
        Http::assertSentCount(1);
    }
}
