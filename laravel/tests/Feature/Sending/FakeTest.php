<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use Illuminate\Support\Facades\Http;
use Illuminate\Support\Facades\Notification as Notifications;
use PHPUnit\Framework\AssertionFailedError;
use WhatsAppBridge\Exceptions\ErrorCode;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Exceptions\SessionWrongStateException;
use WhatsAppBridge\Facades\WhatsApp;
use WhatsAppBridge\Testing\SentMessage;
use WhatsAppBridge\WhatsApp as Client;

require_once __DIR__.'/NotificationTest.php';

final class FakeTest extends SendingTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->bridgeAnswers([self::error(500, 'internal')]);
    }

    protected function tearDown(): void
    {
        Http::assertNothingSent();
        parent::tearDown();
    }

    private static function assertFails(callable $assertion): void
    {
        try {
            $assertion();
        } catch (AssertionFailedError) {
            return;
        }
        self::fail('The assertion held.');
    }

    public function test_what_was_sent_can_be_asked_for(): void
    {
        $fake = WhatsApp::fake();
        $fake->assertNothingSent();
        $message = WhatsApp::session('support')->to('0812-3456-7890')->image('https://shop.example/a.jpg', 'New');

        self::assertMatchesRegularExpression('/^msg_[0-9a-f]{32}$/', $message->id);
        self::assertSame('queued', $message->state);
        $fake->assertSent('image');
        $fake->assertSent(fn (SentMessage $sent) => $sent->session === 'support' && $sent->text === 'New');
        $fake->assertSentTo('+62 812 3456 7890');
        $fake->assertSentTo('6281234567890@c.us', fn (SentMessage $sent) => $sent->type === 'image');
        $fake->assertNotSentTo('0813');
        $fake->assertNotSent('text');
        $fake->assertSentCount(1);
        $fake->assertNoBlastStarted();
        $fake->assertRequested('post', '/api/messages');
    }

    public function test_its_assertions_can_fail(): void
    {
        $fake = WhatsApp::fake();
        WhatsApp::to('0812-3456-7890')->text('x');
        WhatsApp::blast()->text('x')->to(['0812'])->start();

        self::assertFails(fn () => $fake->assertNothingSent());
        self::assertFails(fn () => $fake->assertSent('image'));
        self::assertFails(fn () => $fake->assertNotSent('text'));
        self::assertFails(fn () => $fake->assertSentTo('0813'));
        self::assertFails(fn () => $fake->assertSentTo('0812-3456-7890', fn (SentMessage $sent) => $sent->text === 'y'));
        self::assertFails(fn () => $fake->assertNotSentTo('6281234567890'));
        self::assertFails(fn () => $fake->assertSentCount(2));
        self::assertFails(fn () => $fake->assertNoBlastStarted());
        self::assertFails(fn () => $fake->assertBlastStarted(fn (array $blast) => $blast['skipRecipientsInAddress'] === false));
        self::assertFails(fn () => $fake->assertRequested('GET', '/api/messages'));
    }

    public function test_blasts_are_kept_and_dry_runs_are_none(): void
    {
        $fake = WhatsApp::fake();
        WhatsApp::blast()->text('Halo')->to(['0812'])->dryRun();
        $fake->assertNoBlastStarted();
        $started = WhatsApp::blast()->text('Halo')->to(['0812', '0813'])->start();
        self::assertSame(2, $started->accepted);
        self::assertSame('PAUSED', WhatsApp::blasts()->pause($started->id())->state);
        $fake->assertBlastStarted(fn (array $blast) => $blast['content']['text'] === 'Halo' && $blast['skipRecipientsInAddress'] === true);
    }

    public function test_notifications_and_injected_clients_meet_the_same_fake(): void
    {
        $fake = WhatsApp::fake();
        Notifications::route('whatsapp', '0811')->notify(new OrderShipped('x'));
        app(Client::class)->to('0814')->text('y');
        $fake->assertSentTo('0811');
        $fake->assertSentTo('0814');
    }

    public function test_a_repeated_key_sends_once(): void
    {
        $fake = WhatsApp::fake();
        $ids = array_map(fn () => WhatsApp::to('0812')->idempotencyKey('order-1')->text('x')->id, [1, 2]);
        self::assertSame($ids[0], $ids[1]);
        $fake->assertSentCount(1);
    }

    public function test_it_can_be_told_what_to_answer(): void
    {
        $fake = WhatsApp::fake()->respondTo('GET', '/api/sessions/*', ['id' => 'sales', 'state' => 'SCAN_QR_CODE'])->failSendingWith(ErrorCode::SessionWrongState);
        self::assertTrue(WhatsApp::session('sales')->status()->needsScan());
        try {
            WhatsApp::to('0812')->text('x');
            self::fail('It was taken.');
        } catch (SessionWrongStateException $error) {
            self::assertSame(409, $error->status);
        }
        $fake->assertNothingSent();
    }

    public function test_every_part_of_the_client_answers_something(): void
    {
        WhatsApp::fake();
        $session = WhatsApp::session('sales');
        self::assertTrue($session->status()->isWorking());
        self::assertSame('STOPPED', $session->stop()->state);
        self::assertStringContainsString('<svg', $session->qrSvg());
        self::assertCount(2, $session->checkNumbers(['0812', '0813']));
        self::assertCount(0, $session->chats());
        self::assertSame('STARTING', WhatsApp::createSession('new')->state);
        self::assertTrue(WhatsApp::sessions()->isEmpty());
    }

    public function test_rows_that_are_streamed_are_read(): void
    {
        $fake = WhatsApp::fake();
        self::assertSame(2, WhatsApp::contacts(7)->put([['phone' => '0812'], ['phone' => '0813']])->added);
        $fake->assertRequested('PUT', '/api/contacts');

        $this->expectException(InvalidMessageException::class);
        WhatsApp::blasts()->addRecipients('bls_1', [['name' => 'nobody']]);
    }
}
