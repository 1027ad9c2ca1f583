<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use Generator;
use GuzzleHttp\Psr7\Utils;
use Illuminate\Http\Client\Request;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\LazyCollection;
use WhatsAppBridge\Client\Lines;
use WhatsAppBridge\Exceptions\InvalidMessageException;
use WhatsAppBridge\Exceptions\UnavailableException;
use WhatsAppBridge\Facades\WhatsApp;
use WhatsAppBridge\Messages\Media;

/** Address book, contacts, deliveries: what goes out, and that long lists stay out of memory. */
final class PeopleTest extends SendingTestCase
{
    /** @return list<string> `PUT /api/contacts?workspace_id=7` */
    private function asked(): array
    {
        return Http::recorded()->map(fn (array $pair) => $pair[0]->method().' '.str_replace('http://bridge.test:3000', '', $pair[0]->url()))->values()->all();
    }

    private function body(int $number = 0): mixed
    {
        return json_decode(Http::recorded()[$number][0]->body(), true);
    }

    private static function people(int $count): Generator
    {
        for ($number = 0; $number < $count; $number++) {
            yield ['phone' => '+62812'.(1_000_000 + $number), 'name' => "Budi {$number} é/"];
        }
    }

    public function test_addresses_go_out_line_by_line(): void
    {
        $this->bridgeAnswers([Http::response(['rows' => 3, 'added' => 3])]);
        self::assertSame(3, WhatsApp::addresses(7)->put(['0812', ['phone' => '0813', 'name' => 'Siti é/'], 814])->added);

        self::assertSame(['PUT /api/whatsapp/addresses?workspace_id=7'], $this->asked());
        Http::assertSent(fn (Request $request) => $request->header('Content-Type') === ['application/x-ndjson'] && $request->body() === "\"0812\"\n{\"phone\":\"0813\",\"name\":\"Siti é/\"}\n814\n");
    }

    public function test_a_million_rows_are_never_in_memory(): void
    {
        $stream = (new Lines(self::people(1_000_000)))->stream();
        $before = memory_get_usage();
        [$bytes, $most] = [0, 0];
        while (! $stream->eof()) {
            $bytes += strlen($stream->read(16_384));
            $most = max($most, memory_get_usage() - $before);
        }
        self::assertGreaterThan(40_000_000, $bytes);
        self::assertLessThan(2_000_000, $most);
    }

    public function test_what_can_be_read_again_is_sent_again_and_a_generator_is_not(): void
    {
        $bodies = [];
        $away = function (Request $request) use (&$bodies) {
            $bodies[] = $request->body();

            return count($bodies) % 2 === 1 ? self::error(503, 'shutting_down') : Http::response(['rows' => 2, 'added' => 2]);
        };
        $this->bridgeAnswers([$away]);
        WhatsApp::contacts(7)->put(LazyCollection::make(fn () => yield from self::people(2)));
        self::assertCount(2, $bodies);
        self::assertSame($bodies[0], $bodies[1]);

        $bodies = [];
        $this->expectException(UnavailableException::class);
        try {
            WhatsApp::contacts(7)->put(self::people(2));
        } finally {
            self::assertCount(1, $bodies);
        }
    }

    public function test_recipients_are_added_to_a_draft_in_one_request(): void
    {
        $bodies = [];
        $this->bridgeAnswers([function (Request $request) use (&$bodies) {
            $bodies[] = $request->body();

            return Http::response(['accepted' => 2, 'duplicates' => 0]);
        }]);
        $recipients = (function () {
            yield 812;
            yield ['phone' => 813, 'variables' => ['name' => 'Budi'], 'left out' => true];
        })();
        self::assertSame(2, WhatsApp::blasts()->addRecipients('bls_1', $recipients)->accepted);
        WhatsApp::blasts()->addContacts('bls_1', 'vip');

        self::assertSame(['POST /api/whatsapp/blast/bls_1/recipients', 'POST /api/whatsapp/blast/bls_1/recipients'], $this->asked());
        self::assertSame(["\"812\"\n{\"phone\":\"813\",\"variables\":{\"name\":\"Budi\"}}\n", '{"list":{"tag":"vip","source":"bridge"}}'], $bodies);

        $this->expectException(InvalidMessageException::class);
        WhatsApp::blasts()->addRecipients('bls_1', [['name' => 'nobody']]);
    }

    public function test_a_table_goes_as_a_form(): void
    {
        $this->bridgeAnswers([Http::response(['rows' => 1, 'added' => 1, 'dry_run' => true])]);
        self::assertTrue(WhatsApp::contacts(7)->import(Media::contents("No. HP\n0812\n", 'people.csv'), dryRun: true, columns: ['phone' => 'No. HP'], tags: ['vip'])->dry_run);
        self::assertSame(['POST /api/contacts/import'], $this->asked());
        $form = Http::recorded()[0][0]->body();
        self::assertStringContainsString('{"workspace_id":7,"columns":{"phone":"No. HP"},"tags":["vip"],"dry_run":true,"header":true}', $form);
        self::assertStringContainsString('name="file"; filename="people.csv"', $form);

        $this->expectException(InvalidMessageException::class);
        WhatsApp::contacts(7)->import(Media::url('https://shop.example/people.csv'));
    }

    public function test_contacts_are_listed_changed_and_removed(): void
    {
        $this->bridgeAnswers([Http::response(['contacts' => [['phone' => '+62812']], 'next_cursor' => null, 'tags' => [['tag' => 'vip', 'contacts' => 3]], 'deleted' => 2])]);
        $contacts = WhatsApp::contacts('north');
        self::assertSame(['+62812'], $contacts->list(tag: 'vip', onWhatsApp: 'unknown')->lazy()->pluck('phone')->all());
        self::assertSame(['vip' => 3], $contacts->tags()->all());
        $contacts->update('+62 812', ['variables' => ['city' => null]]);
        self::assertSame([2, 2, 2], [$contacts->remove(['0812', 813]), $contacts->removeTagged('old'), $contacts->clear()]);
        $contacts->checkOnWhatsApp('sales', olderThanDays: 0);

        self::assertSame([
            'GET /api/contacts?workspace_id=north&tag=vip&on_whatsapp=unknown&limit=100',
            'GET /api/contacts/tags?workspace_id=north',
            'PATCH /api/contacts/%2B62%20812?workspace_id=north',
            'DELETE /api/contacts',
            'DELETE /api/contacts',
            'DELETE /api/contacts',
            'POST /api/contacts/check',
        ], $this->asked());
        self::assertSame(['variables' => ['city' => null]], $this->body(2));
        self::assertSame([['0812', '813'], 'old', true], [$this->body(3)['phones'], $this->body(4)['tag'], $this->body(5)['all']]);
        self::assertSame(['workspace_id' => 'north', 'session_id' => 'sales', 'older_than_days' => 0], $this->body(6));
    }

    public function test_an_export_is_written_into_a_file(): void
    {
        $path = sys_get_temp_dir().'/whatsapp-export-'.getmypid().'.csv';
        $this->bridgeAnswers([Http::response(Utils::streamFor("phone,name\n+62812,Budi\n"))]);
        WhatsApp::contacts()->export($path, 'vip');
        self::assertSame(['GET /api/contacts/export.csv?tag=vip'], $this->asked());
        self::assertSame(["phone,name\n+62812,Budi\n", false], [file_get_contents($path), is_file("{$path}.part")]);
        unlink($path);
    }

    public function test_many_numbers_are_looked_up_a_thousand_a_request(): void
    {
        $this->bridgeAnswers([fn (Request $request) => Http::response(['results' => array_map(fn ($phone) => ['input' => $phone], json_decode($request->body(), true)['phones'])])]);
        self::assertCount(2_500, WhatsApp::addresses()->check(range(1, 2_500)));
        self::assertCount(3, $this->asked());
        self::assertArrayNotHasKey('workspace_id', $this->body());
    }

    public function test_dead_letters_are_sent_again(): void
    {
        $this->bridgeAnswers([Http::response(['id' => 'rdl_1', 'deleted' => 4])]);
        WhatsApp::deliveries()->redeliverAll();
        WhatsApp::deliveries()->redeliverAll(['state' => 'delivered', 'from' => new \DateTimeImmutable('2026-01-31T07:00:00+07:00')]);
        self::assertSame(4, WhatsApp::deliveries()->purge('delivered', new \DateTime('2026-01-31T07:00:00+07:00')));
        self::assertSame([['state' => 'dead'], ['state' => 'delivered', 'from' => '2026-01-31T00:00:00Z']], [$this->body(0), $this->body(1)]);
        self::assertSame('2026-01-31T00:00:00Z', $this->body(2)['before']);
    }

    public function test_a_group_is_made_once_for_each_key(): void
    {
        $this->bridgeAnswers([self::refused(56), Http::response(['group_jid' => '1@g.us'])]);
        self::assertSame('1@g.us', WhatsApp::session('sales')->createGroup('Reseller', ['0812'])->group_jid);
        [$first, $second] = $this->keysSent() + [null, null];
        self::assertNotNull($second ?? $first);
    }
}
