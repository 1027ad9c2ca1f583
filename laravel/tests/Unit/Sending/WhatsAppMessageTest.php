<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Unit\Sending;

use DateTimeImmutable;
use PHPUnit\Framework\TestCase;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Messages\Media;
use WhatsAppBridge\Messages\WhatsAppMessage;

final class WhatsAppMessageTest extends TestCase
{
    /**
     * @dataProvider kinds
     *
     * @param  array<string, mixed>  $body
     */
    public function test_each_kind_is_the_body_that_the_api_takes(WhatsAppMessage $message, array $body): void
    {
        $to = $message->needsRecipient() ? ['to' => '0812-3456-7890'] : [];
        self::assertEquals(['session_id' => 'sales'] + $to + $body, $message->session('sales')->to('0812-3456-7890')->toArray());
    }

    /** @return iterable<string, array{WhatsAppMessage, array<string, mixed>}> */
    public static function kinds(): iterable
    {
        $url = 'https://shop.example/file';
        yield 'text' => [WhatsAppMessage::text('halo'), ['type' => 'text', 'text' => 'halo']];
        yield 'image' => [WhatsAppMessage::image($url, 'Ini ya')->viewOnce(), ['type' => 'image', 'media' => ['url' => $url], 'caption' => 'Ini ya', 'view_once' => true]];
        yield 'video' => [WhatsAppMessage::video($url), ['type' => 'video', 'media' => ['url' => $url]]];
        yield 'audio' => [WhatsAppMessage::audio($url), ['type' => 'audio', 'media' => ['url' => $url]]];
        yield 'voice' => [WhatsAppMessage::voice(Media::url($url, 'note.ogg')), ['type' => 'voice', 'media' => ['url' => $url, 'filename' => 'note.ogg']]];
        yield 'document' => [WhatsAppMessage::document(Media::base64('JVBERg==', 'application/pdf', 'a.pdf')), ['type' => 'document', 'media' => ['base64' => 'JVBERg==', 'mimetype' => 'application/pdf', 'filename' => 'a.pdf']]];
        yield 'a file goes beside the body' => [WhatsAppMessage::document(Media::contents('x', 'a.pdf'), 'Invoice'), ['type' => 'document', 'caption' => 'Invoice']];
        yield 'sticker' => [WhatsAppMessage::sticker($url), ['type' => 'sticker', 'media' => ['url' => $url]]];
        yield 'location' => [WhatsAppMessage::location(-6.1754, 106.8272, 'Monas'), ['type' => 'location', 'latitude' => -6.1754, 'longitude' => 106.8272, 'name' => 'Monas']];
        yield 'contact' => [WhatsAppMessage::contact('Gudang', '0813'), ['type' => 'contact', 'contacts' => [['name' => 'Gudang', 'phone' => '0813']]]];
        yield 'contacts' => [WhatsAppMessage::contacts([['name' => 'A', 'phone' => '1', 'organization' => 'B']]), ['type' => 'contact', 'contacts' => [['name' => 'A', 'phone' => '1', 'organization' => 'B']]]];
        yield 'poll' => [WhatsAppMessage::poll('Kapan?', ['Senin', 'Selasa'], multiple: true), ['type' => 'poll', 'question' => 'Kapan?', 'options' => ['Senin', 'Selasa'], 'multiple' => true]];
        yield 'reaction' => [WhatsAppMessage::reaction('msg_1', '👍'), ['type' => 'reaction', 'message_id' => 'msg_1', 'emoji' => '👍']];
        yield 'edit' => [WhatsAppMessage::edit('msg_1', 'x'), ['type' => 'edit', 'message_id' => 'msg_1', 'text' => 'x']];
        yield 'delete' => [WhatsAppMessage::delete('msg_1'), ['type' => 'delete', 'message_id' => 'msg_1']];
        yield 'every option' => [
            WhatsAppMessage::text('hai @62811')->replyTo('msg_2')->mention('0811')->mention(['0812', 813])->priority('high')->refuseUnlessWorking()->expiresAfter(60)->typing()->seen()->withoutLinkPreview(),
            [
                'type' => 'text', 'text' => 'hai @62811', 'quoted_message_id' => 'msg_2', 'mentions' => ['0811', '0812', '813'], 'priority' => 'high',
                'if_not_working' => 'refuse', 'max_age_seconds' => 60, 'typing' => true, 'seen' => true, 'link_preview' => false,
            ],
        ];
    }

    public function test_a_change_leaves_the_message_before_it_as_it_was(): void
    {
        $plain = WhatsAppMessage::text('halo')->session('sales')->to('0812');
        $plain->priority('high');
        self::assertArrayNotHasKey('priority', $plain->toArray());
    }

    public function test_without_a_session_or_a_recipient_nothing_goes_out(): void
    {
        foreach ([WhatsAppMessage::text('x')->to('0812'), WhatsAppMessage::text('x')->session('sales'), WhatsAppMessage::text('x')->session('sales')->to(' ')] as $message) {
            try {
                $message->toArray();
                self::fail('It was taken.');
            } catch (InvalidMessageException $error) {
                self::assertMatchesRegularExpression('/session|recipient/', $error->getMessage());
            }
        }
    }

    public function test_a_message_expires_in_the_future(): void
    {
        self::assertEqualsWithDelta(3600, WhatsAppMessage::text('x')->session('s')->to('1')->expiresAfter(new DateTimeImmutable('+1 hour'))->toArray()['max_age_seconds'], 2);
        $this->expectException(InvalidMessageException::class);
        WhatsAppMessage::text('x')->expiresAfter(new DateTimeImmutable('-1 minute'));
    }
}
