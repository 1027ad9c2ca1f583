<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use Closure;
use GuzzleHttp\Exception\ConnectException;
use Illuminate\Http\Client\Factory;
use Illuminate\Http\Client\Request;
use Illuminate\Support\Facades\Http;
use WhatsAppBridge\Client\Connection;
use WhatsAppBridge\Client\HttpTransport;
use WhatsAppBridge\Client\RetryPolicy;
use WhatsAppBridge\Client\Transport;
use WhatsAppBridge\Facades\WhatsApp;
use WhatsAppBridge\Tests\TestCase;

/** The client with its real HTTP side, and an HTTP client that answers from a list. */
abstract class SendingTestCase extends TestCase
{
    protected const KEY = 'wab_secret-key-of-the-tests';

    /** @var list<int> the pauses in ms */
    protected array $pauses = [];

    protected function setUp(): void
    {
        parent::setUp();
        config(['whatsapp.bridge' => ['url' => 'http://bridge.test:3000', 'key' => self::KEY], 'whatsapp.session' => 'sales']);
        $this->app->bind(Transport::class, fn ($app) => new HttpTransport(
            Http::getFacadeRoot(),
            Connection::fromSettings(config('whatsapp.bridge')),
            new RetryPolicy,
            function (int $ms): void {
                $this->pauses[] = $ms;
            },
        ));
    }

    /** Each request gets the next answer; the last one stays. @param  array<Closure|\GuzzleHttp\Promise\PromiseInterface>  $answers */
    protected function bridgeAnswers(array $answers): void
    {
        $number = 0;
        // What was answered before is forgotten, also by a client that exists already.
        WhatsApp::clearResolvedInstances();
        Http::swap(new Factory);
        Http::fake(function (Request $request) use ($answers, &$number) {
            $answer = $answers[min($number++, count($answers) - 1)];

            return $answer instanceof Closure ? $answer($request) : $answer;
        });
    }

    protected static function refused(int $errno = 7): Closure
    {
        return fn (Request $request) => throw new ConnectException("cURL error {$errno}", $request->toPsrRequest(), null, ['errno' => $errno]);
    }

    /** @param  array<string, mixed>  $details */
    protected static function error(int $status, string $code, array $details = [], array $headers = [])
    {
        return Http::response(['error' => ['code' => $code, 'message' => 'A sentence.', 'request_id' => 'req_1', 'details' => $details]], $status, $headers);
    }

    protected static function message(string $state = 'queued')
    {
        return Http::response(['id' => 'msg_'.str_repeat('1', 32), 'session_id' => 'sales', 'state' => $state], 202);
    }

    /** @return list<string|null> */
    protected function keysSent(): array
    {
        return Http::recorded()->map(fn (array $pair) => $pair[0]->header('Idempotency-Key')[0] ?? null)->values()->all();
    }
}
