<?php

declare(strict_types=1);

namespace WhatsAppBridge\Testing;

use Closure;
use Illuminate\Support\Collection;
use PHPUnit\Framework\Assert;
use WhatsAppBridge\Client\BridgeRequest;
use WhatsAppBridge\Exceptions\ErrorCode;
use WhatsAppBridge\WhatsApp;

/** `WhatsApp::fake()`: a client that sends nothing, and can be asked what it would have sent. */
final class WhatsAppFake extends WhatsApp
{
    private readonly FakeTransport $fake;

    public function __construct(string $defaultSession = '')
    {
        $this->fake = new FakeTransport;
        parent::__construct($this->fake, $defaultSession !== '' ? $defaultSession : 'default');
    }

    // How it answers.

    /**
     * What the bridge answers from now on: `respondTo('GET', '/api/sessions/*', ['state' => 'SCAN_QR_CODE'])`.
     *
     * @param  array<string, mixed>  $answer
     */
    public function respondTo(string $method, string $pathPattern, array $answer): self
    {
        $this->fake->answer($method, $pathPattern, $answer);

        return $this;
    }

    /** Every message is refused with this error from now on. */
    public function failSendingWith(ErrorCode $code): self
    {
        return $this->failWith('POST', '/api/messages', $code);
    }

    public function failWith(string $method, string $pathPattern, ErrorCode $code): self
    {
        $this->fake->answer($method, $pathPattern, FakeTransport::error($code));

        return $this;
    }

    // What was sent.

    /** @return Collection<int, SentMessage> */
    public function sent(?Closure $matches = null): Collection
    {
        return $this->of('POST', '/api/messages')->map(fn (BridgeRequest $request) => new SentMessage($request))->filter($matches ?? fn () => true)->values();
    }

    /** @return Collection<int, array<string, mixed>>  the bodies of the blasts that were started, dry runs left out */
    public function blastsStarted(?Closure $matches = null): Collection
    {
        return $this->of('POST', '/api/whatsapp/blast/start')->map(fn (BridgeRequest $request) => $request->body)
            ->reject(fn (array $body) => $body['dry_run'] ?? false)->filter($matches ?? fn () => true)->values();
    }

    /** @param  string|Closure(SentMessage): bool  $matches  a type such as 'image', or a test of a message */
    public function assertSent(string|Closure $matches): void
    {
        Assert::assertNotEmpty($this->sent(self::test($matches)), 'No such message was sent. '.$this->summary());
    }

    /** @param  string|Closure(SentMessage): bool  $matches */
    public function assertNotSent(string|Closure $matches): void
    {
        Assert::assertEmpty($this->sent(self::test($matches)), 'Such a message was sent. '.$this->summary());
    }

    /** @param  (Closure(SentMessage): bool)|null  $matches */
    public function assertSentTo(string|int $to, ?Closure $matches = null): void
    {
        $is = fn (SentMessage $message) => $message->isTo($to) && ($matches === null || $matches($message));
        Assert::assertNotEmpty($this->sent($is), "No such message was sent to {$to}. ".$this->summary());
    }

    public function assertNotSentTo(string|int $to): void
    {
        Assert::assertEmpty($this->sent(fn (SentMessage $message) => $message->isTo($to)), "A message was sent to {$to}. ".$this->summary());
    }

    public function assertSentCount(int $count): void
    {
        Assert::assertCount($count, $this->sent(), $this->summary());
    }

    /** Neither a message nor a blast. */
    public function assertNothingSent(): void
    {
        Assert::assertEmpty($this->sent(), 'Something was sent. '.$this->summary());
        $this->assertNoBlastStarted();
    }

    /** @param  (Closure(array<string, mixed>): bool)|null  $matches  a test of the body of the API */
    public function assertBlastStarted(?Closure $matches = null): void
    {
        Assert::assertNotEmpty($this->blastsStarted($matches), 'No such blast was started. '.$this->summary());
    }

    public function assertNoBlastStarted(): void
    {
        Assert::assertEmpty($this->blastsStarted(), 'A blast was started. '.$this->summary());
    }

    /** Any request: `assertRequested('POST', '/api/sessions/sales/restart')`. */
    public function assertRequested(string $method, string $pathPattern): void
    {
        $found = Collection::make($this->fake->requests())->filter(fn (BridgeRequest $request) => $request->method === strtoupper($method) && fnmatch($pathPattern, $request->path));
        Assert::assertNotEmpty($found, "There was no request {$method} {$pathPattern}. ".$this->summary());
    }

    /** @return Collection<int, BridgeRequest> */
    private function of(string $method, string $path): Collection
    {
        return Collection::make($this->fake->requests())->filter(fn (BridgeRequest $request) => $request->method === $method && $request->path === $path)->values();
    }

    private static function test(string|Closure $matches): Closure
    {
        return is_string($matches) ? fn (SentMessage $message) => $message->type === $matches : $matches;
    }

    private function summary(): string
    {
        $lines = Collection::make($this->fake->requests())->map(fn (BridgeRequest $request) => trim("{$request->method} {$request->path} ".($request->body['type'] ?? '').' '.($request->body['to'] ?? '')));

        return $lines->isEmpty() ? 'There was no request at all.' : "There were:\n".$lines->implode("\n");
    }
}
