<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Receiving;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Routing\Route;
use Illuminate\Support\Facades\Queue;
use WhatsAppBridge\Models\WhatsAppDelivery;
use WhatsAppBridge\Tests\App\User;

final class SignatureTest extends ReceivingTestCase
{
    use RefreshDatabase;

    private const OLD = 'whsec_q1mJ9h0sQf7Wb3VxYk2nTzL8uRc5EoPaD6gKiNwXyH4=';

    private string $body;

    protected function setUp(): void
    {
        parent::setUp();
        Queue::fake();
        $this->body = json_encode($this->batch([$this->chat(1)], ['delivery_id' => 'dlv_1']), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
    }

    /** @return array<string, array{callable(self): array{string, array<string, string>}, string}> */
    public function forgeries(): array
    {
        $changed = fn (array $headers): callable => fn (self $test): array => [$test->body, $headers + $test->signature($test->body, 'dlv_1')];
        $without = fn (string ...$names): callable => fn (self $test): array => [$test->body, array_diff_key($test->signature($test->body, 'dlv_1'), array_flip($names))];
        $aged = fn (int $seconds): callable => fn (self $test): array => [$test->body, $test->signature($test->body, 'dlv_1', time() + $seconds)];

        return [
            'one byte of the body' => [fn (self $test): array => [str_replace('Chat', 'chat', $test->body), $test->signature($test->body, 'dlv_1')], 'X-Webhook-Signature does not match'],
            'the same JSON, encoded again' => [fn (self $test): array => [json_encode(json_decode($test->body)), $test->signature($test->body, 'dlv_1')], 'X-Webhook-Signature does not match'],
            'no body' => [fn (self $test): array => ['', $test->signature($test->body, 'dlv_1')], 'X-Webhook-Signature does not match'],
            'another secret' => [fn (self $test): array => [$test->body, $test->signature($test->body, 'dlv_1', null, 'another-secret-another-secret-another')], 'X-Webhook-Signature does not match'],
            'the empty secret' => [fn (self $test): array => [$test->body, $test->signature($test->body, 'dlv_1', null, '')], 'X-Webhook-Signature does not match'],
            'the plain signature in capitals' => [fn (self $test): array => [$test->body, ['X-Webhook-Signature' => strtoupper(hash_hmac('sha256', $test->body, self::SECRET))] + $test->signature($test->body, 'dlv_1')], 'X-Webhook-Signature does not match'],
            'the id' => [$changed(['webhook-id' => 'dlv_2']), 'webhook-signature does not match'],
            'the time' => [$changed(['webhook-timestamp' => (string) (time() + 1)]), 'webhook-signature does not match'],
            'another version of the signature' => [$changed(['webhook-signature' => 'v2,AAAA']), 'webhook-signature does not match'],
            'stale by a second' => [$aged(-302), 'webhook-timestamp is too far from the clock of this machine'],
            'from the future' => [$aged(302), 'webhook-timestamp is too far from the clock of this machine'],
            'no plain signature' => [$without('X-Webhook-Signature'), 'X-Webhook-Signature is missing'],
            'no standard signature' => [$without('webhook-signature'), 'webhook-id, webhook-timestamp or webhook-signature is missing'],
            'no time' => [$without('webhook-timestamp'), 'webhook-id, webhook-timestamp or webhook-signature is missing'],
            'no id' => [$without('webhook-id'), 'webhook-id, webhook-timestamp or webhook-signature is missing'],
            'nothing at all' => [fn (self $test): array => [$test->body, []], 'X-Webhook-Signature is missing'],
        ];
    }

    /**
     * @dataProvider forgeries
     * @param callable(self): array{string, array<string, string>} $forge
     */
    public function test_refuses_with_one_answer_and_says_why_only_in_the_log(callable $forge, string $reason): void
    {
        [$body, $headers] = $forge($this);
        foreach ([self::SYNC, self::WEBHOOK] as $path) {
            $answer = $this->raw($path, $body, $headers);
            $answer->assertStatus(401);
            self::assertSame('{"message":"Unauthorized."}', $answer->getContent());
        }
        Queue::assertNothingPushed();
        self::assertSame(0, WhatsAppDelivery::count());
        $refusals = array_filter($this->packageLog()->getRecords(), fn ($record): bool => $record['context']['reason'] === $reason);
        self::assertCount(2, $refusals);
    }

    public function test_takes_what_is_rightly_signed_at_the_edge_of_the_tolerance(): void
    {
        $this->raw(self::SYNC, $this->body, $this->signature($this->body, 'dlv_1', time() - 298))->assertStatus(202)->assertExactJson(['status' => 'accepted']);
    }

    public function test_takes_the_previous_secret_during_a_rotation_and_not_afterwards(): void
    {
        $headers = $this->signature($this->body, 'dlv_1', null, self::OLD);
        config(['whatsapp.previous_secret' => self::OLD]);
        $this->raw(self::SYNC, $this->body, $headers)->assertStatus(202);
        config(['whatsapp.previous_secret' => '']);
        $this->raw(self::SYNC, $this->body, $headers)->assertStatus(401);
    }

    public function test_a_missing_secret_lets_nothing_pass(): void
    {
        foreach ([null, '', '  ', 'whsec_???'] as $missing) {
            config(['whatsapp.secret' => $missing]);
            $this->raw(self::SYNC, $this->body, $this->signature($this->body, 'dlv_1', null, (string) $missing))->assertStatus(503);
        }
        self::assertTrue($this->packageLog()->hasCriticalThatContains('WHATSAPP_SECRET is missing'));
        Queue::assertNothingPushed();
    }

    public function test_without_require_timestamp_the_plain_signature_is_enough(): void
    {
        config(['whatsapp.require_timestamp' => false]);
        $plain = ['X-Webhook-Signature' => hash_hmac('sha256', $this->body, self::SECRET)];
        $this->raw(self::SYNC, $this->body, $plain)->assertStatus(202);
        $this->raw(self::SYNC, $this->body.' ', $plain)->assertStatus(401);
    }

    public function test_a_token_can_be_asked_for_beside_the_signature(): void
    {
        config(['whatsapp.routes.middleware' => ['auth:api']]);
        require __DIR__.'/../../../routes/receiving.php';
        User::create(['name' => 'bridge', 'email' => 'bridge@toko.test', 'password' => 'x', 'api_token' => 'token-of-the-bridge']);
        $signed = $this->signature($this->body, 'dlv_1') + ['Accept' => 'application/json'];
        $this->raw(self::SYNC, $this->body, $signed)->assertStatus(401);
        $this->raw(self::SYNC, $this->body, $signed + ['Authorization' => 'Bearer wrong'])->assertStatus(401);
        // A token alone is not enough.
        $this->raw(self::SYNC, $this->body, ['Authorization' => 'Bearer token-of-the-bridge', 'Accept' => 'application/json'])->assertStatus(401)->assertExactJson(['message' => 'Unauthorized.']);
        Queue::assertNothingPushed();
        $this->raw(self::SYNC, $this->body, $signed + ['Authorization' => 'Bearer token-of-the-bridge'])->assertStatus(202);
    }

    public function test_the_routes_have_neither_the_web_nor_the_api_group(): void
    {
        $ours = array_filter(iterator_to_array(app('router')->getRoutes()), fn (Route $route): bool => in_array($route->getName(), ['whatsapp.chats.sync', 'whatsapp.webhook', 'whatsapp.health'], true));
        self::assertCount(3, $ours);
        foreach ($ours as $route) {
            self::assertSame([], array_intersect(['web', 'api'], $route->gatherMiddleware()));
        }
    }
}
