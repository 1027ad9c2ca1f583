<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Unit\Sending;

use PHPUnit\Framework\TestCase;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Messages\Media;

final class MediaTest extends TestCase
{
    public function test_a_string_is_a_url_or_an_upload(): void
    {
        self::assertSame(['url' => 'https://shop.example/a.jpg'], Media::from('https://shop.example/a.jpg')->reference());
        self::assertSame(['id' => 'med_'.str_repeat('a', 32)], Media::from('med_'.str_repeat('a', 32))->reference());
    }

    /** @dataProvider noMedia */
    public function test_a_string_never_names_a_file_of_the_server(string $string): void
    {
        $this->expectException(InvalidMessageException::class);
        Media::from($string);
    }

    /** @return iterable<array{string}> */
    public static function noMedia(): iterable
    {
        yield [__FILE__];
        yield ['/etc/passwd'];
        yield ['file:///etc/passwd'];
        yield ['php://filter/resource=/etc/passwd'];
        yield ['../.env'];
        yield [''];
    }

    /** @dataProvider noPath */
    public function test_a_path_is_a_file_that_is_there(string $path): void
    {
        $this->expectException(InvalidMessageException::class);
        Media::path($path);
    }

    /** @return iterable<array{string}> */
    public static function noPath(): iterable
    {
        yield ['/no/such/file'];
        yield [__DIR__];
        yield ['file://'.__FILE__];
        yield ['php://memory'];
        yield ['phar://'.__FILE__];
    }

    public function test_bytes_can_be_read_again_for_each_attempt(): void
    {
        $media = Media::contents('%PDF-1.7', 'invoice.pdf');
        self::assertTrue($media->isFile());
        self::assertSame(['%PDF-1.7', '%PDF-1.7'], [stream_get_contents($media->open()), stream_get_contents($media->open())]);
    }

    public function test_a_name_cannot_leave_its_header_and_is_never_empty(): void
    {
        self::assertSame('a_b_c.pdf', Media::contents('x', "a\"b\r\nc.pdf")->filename());
        self::assertSame('file', Media::contents('x', '  ')->filename());
        self::assertSame('_etc_passwd', Media::contents('x', '/etc/passwd')->filename());
    }

    public function test_the_same_bytes_are_the_same_file(): void
    {
        self::assertSame(Media::path(__FILE__)->fingerprint(), Media::contents((string) file_get_contents(__FILE__), 'other')->fingerprint());
        self::assertNotSame(Media::contents('a', 'x')->fingerprint(), Media::contents('b', 'x')->fingerprint());
    }
}
