<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use DateTimeImmutable;
use Illuminate\Http\Client\Request;
use Illuminate\Support\Collection;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\LazyCollection;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Facades\WhatsApp;
use WhatsAppBridge\Messages\Media;

final class BlastTest extends SendingTestCase
{
    private function startedBlast(): void
    {
        $this->bridgeAnswers([fn (Request $request) => str_ends_with($request->url(), '/api/media')
            ? Http::response(['id' => 'med_'.str_repeat('a', 32), 'expires_at' => gmdate('c', time() + 86_400)], 201)
            : Http::response(['job' => ['id' => 'bls_1', 'state' => 'RUNNING'], 'accepted' => 2], 202)]);
    }

    /** @return list<array<string, mixed>> */
    private function bodies(string $path): array
    {
        return Http::recorded(fn (Request $request) => str_ends_with($request->url(), $path))->map(fn (array $pair) => json_decode($pair[0]->body(), true))->values()->all();
    }

    public function test_all_that_can_be_said_of_a_blast(): void
    {
        $this->startedBlast();
        $started = WhatsApp::blast()->from('sales', 'support')->name('Ramadan')->text('Halo {{name|friend}}', 'Hi {{name|there}}')
            ->to(['0812-3456-7890', ['phone' => 6281399998888, 'variables' => ['name' => 'Budi']], ['phone' => '0813', 'variables' => []]])
            ->to(Collection::make(['0814']))
            ->skipRecipientsInAddress(false)->onlyOnWhatsApp()->onlyActiveWithin(90)
            ->pace(perMinute: 20, gapMs: [1000, 4000], quietHours: ['21:00', '07:00'])->pace(timeZone: 'Asia/Makassar')
            ->retry(2, 30)->batches(500, 600)->priority('low')->at(new DateTimeImmutable('2026-12-01T09:00:00+07:00'))->pricePerMessage(350)
            ->start();

        self::assertSame('bls_1', $started->id());
        self::assertTrue($started->blast()->isRunning());
        self::assertEquals([[
            'session_ids' => ['sales', 'support'],
            'name' => 'Ramadan',
            'content' => ['type' => 'text', 'text' => 'Halo {{name|friend}}', 'variants' => ['Hi {{name|there}}']],
            'recipients' => ['0812-3456-7890', ['phone' => '6281399998888', 'variables' => ['name' => 'Budi']], ['phone' => '0813'], '0814'],
            'skipRecipientsInAddress' => false,
            'filters' => ['check_on_whatsapp' => true, 'active_within_days' => 90],
            'pace' => ['per_minute' => 20, 'gap_min_ms' => 1000, 'gap_max_ms' => 4000, 'quiet_hours' => ['from' => '21:00', 'to' => '07:00'], 'time_zone' => 'Asia/Makassar'],
            'retry' => ['max_attempts' => 2, 'interval_seconds' => 30],
            'batches' => ['size' => 500, 'pause_seconds' => 600],
            'priority' => 'low',
            'schedule' => ['at' => '2026-12-01T09:00:00+07:00'],
            'price_per_message' => 350,
        ]], $this->bodies('/start'));
        self::assertNotNull($this->keysSent()[0]);
    }

    public function test_the_address_book_is_skipped_unless_it_is_switched_off(): void
    {
        $this->startedBlast();
        WhatsApp::blast()->text('x')->to(['0812'])->start();
        WhatsApp::blast()->text('x')->to(['0812'])->skipRecipientsInAddress(false)->skipRecipientsInAddress()->start();
        WhatsApp::session('support')->blast()->start(['content' => ['type' => 'text', 'text' => 'x'], 'recipients' => ['0812'], 'skipRecipientsInAddress' => false]);

        [$default, $onAgain, $off] = $this->bodies('/start');
        self::assertSame([true, ['sales']], [$default['skipRecipientsInAddress'], $default['session_ids']]);
        self::assertTrue($onAgain['skipRecipientsInAddress']);
        self::assertSame([false, ['support'], ['0812']], [$off['skipRecipientsInAddress'], $off['session_ids'], $off['recipients']]);
    }

    public function test_a_file_is_uploaded_once_and_named_by_its_id(): void
    {
        $this->startedBlast();
        foreach ([1, 2] as $ignored) {
            WhatsApp::blast()->image(Media::contents('bytes', 'a.jpg'), 'Halo {{name}}')->to(['0812'])->start();
        }
        self::assertCount(1, $this->bodies('/api/media'));
        foreach ($this->bodies('/start') as $body) {
            self::assertEquals(['type' => 'image', 'caption' => 'Halo {{name}}', 'media' => ['id' => 'med_'.str_repeat('a', 32)]], $body['content']);
        }
    }

    public function test_dry_run_draft_and_preview(): void
    {
        $this->startedBlast();
        $blast = WhatsApp::blast()->text('Halo {{name}}')->to(['0812']);
        $blast->dryRun();
        $blast->draft();
        $blast->preview(3);

        [$dry, $draft] = $this->bodies('/start');
        self::assertTrue($dry['dry_run']);
        self::assertTrue($draft['draft']);
        self::assertEquals(['first' => 3, 'content' => ['type' => 'text', 'text' => 'Halo {{name}}'], 'recipients' => ['0812']], $this->bodies('/preview')[0]);
        self::assertNull($this->keysSent()[0]);
        self::assertNotNull($this->keysSent()[1]);
    }

    public function test_steering_names_the_blast(): void
    {
        $this->bridgeAnswers([Http::response(['id' => 'bls_1', 'state' => 'PAUSED', 'progress' => ['percent' => 12.5, 'states' => ['sent' => 3]]])]);
        $blast = WhatsApp::blasts()->pause('bls_1');
        WhatsApp::blasts()->resume('bls_1');
        WhatsApp::blasts()->stop('bls_1');
        WhatsApp::blasts()->edit('bls_1', ['skipRecipientsInAddress' => false]);
        WhatsApp::blasts()->find('bls_1');

        self::assertSame([12.5, 3, 0], [$blast->percent(), $blast->count('sent'), $blast->count('read')]);
        self::assertSame(
            ['POST /bls_1/pause', 'POST /bls_1/resume', 'POST /bls_1/stop', 'PATCH /bls_1', 'GET /bls_1'],
            Http::recorded()->map(fn (array $pair) => $pair[0]->method().' '.str_replace('http://bridge.test:3000/api/whatsapp/blast', '', $pair[0]->url()))->all(),
        );
    }

    public function test_what_is_no_recipient_is_refused_here(): void
    {
        $this->expectException(InvalidMessageException::class);
        WhatsApp::blast()->to([['name' => 'Budi']])->start();
    }

    public function test_a_list_that_is_too_long_for_a_request_goes_in_pieces_and_begins_with_the_last(): void
    {
        $state = 'DRAFT';
        $total = 0;
        $this->bridgeAnswers([function (Request $request) use (&$state, &$total) {
            $body = json_decode($request->body(), true);
            self::assertLessThan(1_000_000, strlen($request->body()));
            $total += count($body['recipients'] ?? $body['add_recipients'] ?? []);
            $state = str_ends_with($request->url(), '/resume') ? 'RUNNING' : $state;
            $job = ['id' => 'bls_1', 'state' => $state, 'progress' => ['total' => $total, 'invalid' => 1, 'skipped_by_reason' => ['duplicate' => 2]]];

            return Http::response($request->method() === 'POST' && isset($body['recipients']) ? ['job' => $job, 'accepted' => $total, 'invalid_rows' => []] : $job);
        }]);
        $rows = LazyCollection::times(20_000, fn (int $n) => ['phone' => '+62812'.(1_000_000 + $n), 'variables' => ['name' => "Budi {$n}"]]);
        $blast = WhatsApp::blast()->text('Halo {{name}}')->to($rows)->idempotencyKey('big');
        $started = $blast->start();

        self::assertSame(['RUNNING', 20_000, 2, 1], [$started->blast()->state, $started->accepted, $started->duplicates, $started->invalid]);
        $asked = Http::recorded()->map(fn (array $pair) => $pair[0]->method().' '.basename($pair[0]->url()))->all();
        self::assertSame(['POST start', 'PATCH bls_1', 'PATCH bls_1', 'POST resume'], $asked);
        self::assertTrue(json_decode(Http::recorded()[0][0]->body(), true)['draft']);

        // The same start again finds that it has begun, and adds nothing.
        $blast->start();
        self::assertCount(count($asked) + 1, Http::recorded());
    }

    public function test_the_rest_can_be_made_a_new_blast(): void
    {
        $this->startedBlast();
        WhatsApp::blasts()->repeat('bls_1', ['failed', 'cancelled'], draft: true);
        WhatsApp::blasts()->cancelRecipient('bls_1', 7);
        self::assertEquals([['states' => ['failed', 'cancelled'], 'name' => null, 'draft' => true]], $this->bodies('/bls_1/repeat'));
        self::assertCount(1, $this->bodies('/bls_1/recipients/7/cancel'));
    }

    public function test_who_wants_nothing_is_kept_for_a_workspace(): void
    {
        $this->bridgeAnswers([Http::response(['added' => 1, 'opt_outs' => [['phone' => '+62812']], 'next_cursor' => null])]);
        self::assertSame(1, WhatsApp::optOuts(7)->add(['0812', 813])->added);
        self::assertSame(['+62812'], WhatsApp::optOuts(7)->list()->lazy()->pluck('phone')->all());
        WhatsApp::optOuts(7)->remove('+62 812');
        self::assertSame(
            ['PUT /api/opt-outs', 'GET /api/opt-outs?workspace_id=7&limit=100', 'DELETE /api/opt-outs/%2B62%20812?workspace_id=7'],
            Http::recorded()->map(fn (array $pair) => $pair[0]->method().' '.str_replace('http://bridge.test:3000', '', $pair[0]->url()))->all(),
        );
        self::assertSame(['workspace_id' => 7, 'people' => ['0812', '813']], $this->bodies('/api/opt-outs')[0]);
    }

    public function test_a_report_that_failed_leaves_the_one_before(): void
    {
        $path = tempnam(sys_get_temp_dir(), 'report');
        file_put_contents($path, 'the one before');
        $this->bridgeAnswers([self::error(404, 'not_found')]);
        try {
            WhatsApp::blasts()->saveReport('bls_1', $path);
            self::fail('It was taken.');
        } catch (\WhatsAppBridge\Exceptions\NotFoundException) {
            self::assertSame(['the one before', false], [file_get_contents($path), is_file("{$path}.part")]);
        } finally {
            unlink($path);
        }
    }
}
