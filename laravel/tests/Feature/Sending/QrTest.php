<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use Illuminate\Foundation\Testing\Concerns\InteractsWithViews;
use Illuminate\Http\Client\Request;
use Illuminate\Support\Facades\Gate;
use Illuminate\Support\Facades\Http;
use WhatsAppBridge\Tests\App\User;

final class QrTest extends SendingTestCase
{
    use InteractsWithViews;

    protected function setUp(): void
    {
        parent::setUp();
        $this->bridgeAnswers([fn (Request $request) => str_ends_with($request->url(), '/qr')
            ? Http::response('<svg>'.$request->header('Accept')[0].'</svg>', 200, ['Content-Type' => 'image/svg+xml'])
            : Http::response(['id' => 'sales', 'state' => 'SCAN_QR_CODE', 'reason' => ['code' => 'waiting_for_scan', 'message' => 'Scan the QR.']])]);
    }

    private function allow(): void
    {
        Gate::define('pair-whatsapp', fn (User $user, string $session) => $user->name === 'operator' && $session === 'sales');
    }

    private function ask(string $session = 'sales', string $name = 'operator')
    {
        return $this->actingAs(new User(['name' => $name]))->getJson("/whatsapp/qr/{$session}");
    }

    public function test_whoever_may_pair_gets_the_state_and_the_picture(): void
    {
        $this->allow();
        $answer = $this->ask()->assertOk()->assertJson(['state' => 'SCAN_QR_CODE', 'message' => 'Scan the QR.', 'image' => 'data:image/svg+xml;base64,'.base64_encode('<svg>image/svg+xml</svg>')]);
        self::assertStringContainsString('no-store', (string) $answer->headers->get('Cache-Control'));
        self::assertStringNotContainsString(self::KEY, $answer->getContent().$answer->headers);
    }

    public function test_nobody_else_does(): void
    {
        $this->getJson('/whatsapp/qr/sales')->assertUnauthorized();
        // Until the application has said who, nobody.
        $this->ask()->assertForbidden();
        $this->allow();
        $this->ask(name: 'customer')->assertForbidden();
        $this->ask('another')->assertForbidden();
        $this->ask('..%2Fkeys')->assertNotFound();
        Http::assertNothingSent();
    }

    public function test_a_bridge_that_is_away_is_told_without_its_words(): void
    {
        $this->allow();
        $this->bridgeAnswers([self::error(401, 'unauthorized')]);
        $this->ask()->assertStatus(503)->assertExactJson(['state' => null, 'message' => 'WhatsApp cannot be asked right now.', 'image' => null]);
        $this->bridgeAnswers([self::error(404, 'session_not_found')]);
        $this->ask()->assertNotFound()->assertJson(['image' => null]);
    }

    public function test_a_qr_that_was_scanned_meanwhile_is_no_error(): void
    {
        $this->allow();
        $this->bridgeAnswers([Http::response(['state' => 'SCAN_QR_CODE', 'reason' => null]), self::error(409, 'session_wrong_state')]);
        $this->ask()->assertOk()->assertJson(['state' => 'SCAN_QR_CODE', 'image' => null]);
    }

    public function test_the_component_is_there_and_tells_nothing_of_the_bridge(): void
    {
        $html = (string) $this->blade('<x-whatsapp-qr session="sales" class="mx-auto" :size="300" nonce="n0nce"/><x-whatsapp-qr session="support"/>');
        self::assertStringContainsString('data-whatsapp-qr="http://localhost/whatsapp/qr/sales"', $html);
        self::assertStringContainsString('class="whatsapp-qr mx-auto"', $html);
        self::assertStringContainsString('width="300"', $html);
        self::assertSame(1, substr_count($html, '<script'));
        self::assertStringContainsString('nonce="n0nce"', $html);
        self::assertStringNotContainsString(self::KEY, $html);
        self::assertStringNotContainsString('bridge.test', $html);
    }

    public function test_a_session_name_cannot_leave_its_attribute(): void
    {
        $html = (string) $this->blade('<x-whatsapp-qr :session="$session"/>', ['session' => 'a"><script>']);
        self::assertStringNotContainsString('"><script>"', $html);
        self::assertStringContainsString('data-session="a&quot;&gt;&lt;script&gt;"', $html);
    }
}
