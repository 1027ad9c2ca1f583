<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\Feature\Sending;

use Illuminate\Http\Client\Request;
use Illuminate\Support\Facades\Http;
use WhatsAppBridge\Facades\WhatsApp;
use WhatsAppBridge\Messages\Media;

/** Every route of the API has a method here. */
final class CoverageTest extends SendingTestCase
{
    private const DOCS = __DIR__.'/../../../../docs';

    /** For monitoring and for people; `/broadcast…` is another face of blasts. */
    private const NOT_HERE = ['GET /health', 'GET /metrics', 'GET /docs'];

    /** @return list<string> `GET /api/sessions/{id}`, from the tables of the documentation, which are compared with what the bridge serves */
    private function documented(): array
    {
        $pages = array_diff(glob(self::DOCS.'/api*.md'), [self::DOCS.'/api-broadcast.md']);
        preg_match_all('~^\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`?]*)`~m', implode("\n", array_map('file_get_contents', $pages)), $found);
        $api = array_diff(array_unique($found[1]), self::NOT_HERE);
        sort($api);

        return $api;
    }

    public function test_every_route_of_the_documentation_is_called_by_a_method(): void
    {
        self::assertGreaterThan(70, count($this->documented()));
        $this->bridgeAnswers([fn (Request $request) => Http::response(['id' => 'bls_1', 'job' => ['id' => 'bls_1'], 'expires_at' => gmdate('c')])]);
        $this->callEverything();

        $called = Http::recorded()->map(fn (array $pair) => $pair[0]->method().' '.parse_url($pair[0]->url(), PHP_URL_PATH))->unique()->values();
        $isCalled = function (string $route) use ($called): bool {
            $pattern = '~^'.preg_replace('/\\\\{\w+\\\\}/', '[^/]+', preg_quote($route, '~')).'$~D';

            return $called->contains(fn (string $one) => preg_match($pattern, $one) === 1);
        };
        self::assertSame([], array_values(array_filter($this->documented(), fn (string $route) => ! $isCalled($route))));
    }

    private function callEverything(): void
    {
        $this->callSessionsAndChats();
        $file = tempnam(sys_get_temp_dir(), 'coverage');
        $table = Media::contents("phone\n0812\n", 'people.csv');

        $messages = WhatsApp::messages();
        WhatsApp::to('0812')->text('x');
        $messages->list();
        $messages->find('msg_1');
        $messages->cancel('msg_1');
        $messages->saveMedia('msg_1', $file);
        WhatsApp::upload(Media::contents('x', 'a.txt'));
        WhatsApp::media('med_1');
        WhatsApp::deleteMedia('med_1');

        $blasts = WhatsApp::blasts();
        $blast = WhatsApp::blast()->text('x')->to(['0812']);
        $blast->start();
        $blast->preview();
        $blasts->list();
        $blasts->find('bls_1');
        $blasts->edit('bls_1', ['name' => 'x']);
        $blasts->pause('bls_1');
        $blasts->resume('bls_1');
        $blasts->stop('bls_1');
        $blasts->recipients('bls_1');
        $blasts->addRecipients('bls_1', ['0812']);
        $blasts->cancelRecipient('bls_1', 1);
        $blasts->saveReport('bls_1', $file);
        $blasts->repeat('bls_1');

        $addresses = WhatsApp::addresses(7);
        $addresses->put(['0812']);
        $addresses->import($table);
        $addresses->list();
        $addresses->check(['0812']);
        $addresses->clear();

        $contacts = WhatsApp::contacts(7);
        $contacts->put([['phone' => '0812']]);
        $contacts->import($table);
        $contacts->list();
        $contacts->tags();
        $contacts->export($file);
        $contacts->find('0812');
        $contacts->update('0812', ['name' => 'Budi']);
        $contacts->forget('0812');
        $contacts->clear();
        $contacts->checkOnWhatsApp('sales');
        $contacts->check();
        $contacts->stopCheck();

        $optOuts = WhatsApp::optOuts(7);
        $optOuts->add(['0812']);
        $optOuts->list();
        $optOuts->remove('0812');

        $endpoints = WhatsApp::webhookEndpoints();
        $endpoints->add('https://crm.example');
        $endpoints->all();
        $endpoints->find('whk_1');
        $endpoints->change('whk_1', ['events' => ['*']]);
        $endpoints->changeSecret('whk_1');
        $endpoints->delete('whk_1');

        $deliveries = WhatsApp::deliveries();
        $deliveries->list();
        $deliveries->find('dlv_1');
        $deliveries->redeliver('dlv_1');
        $deliveries->redeliverAll();
        $deliveries->redelivery('rdl_1');
        $deliveries->purge('dead', now());

        $keys = WhatsApp::apiKeys();
        $keys->create('crm', ['read']);
        $keys->all();
        $keys->revoke('key_1');
        WhatsApp::ready();
        WhatsApp::health();
        unlink($file);
    }

    private function callSessionsAndChats(): void
    {
        WhatsApp::createSession('sales');
        WhatsApp::sessions();
        $session = WhatsApp::session('sales');
        foreach (['status', 'start', 'stop', 'restart', 'logout', 'delete', 'qr', 'checkPage', 'syncChats', 'chatSync', 'chats'] as $method) {
            $session->$method();
        }
        $session->change(['device_name' => 'Toko']);
        $session->pairingCode('0812');
        $session->chat('0812');
        $session->chatMessages('0812');
        $session->markSeen('0812');
        $session->typing('0812');
        $session->contact('0812');
        $session->profilePicture('0812');
        $session->checkNumbers(['0812']);
        $session->createGroup('Reseller', ['0812']);
        $group = $session->group('1@g.us');
        foreach (['info', 'leave', 'inviteLink', 'revokeInviteLink'] as $method) {
            $group->$method();
        }
        foreach (['add', 'remove', 'promote', 'demote'] as $method) {
            $group->$method(['0812']);
        }
    }
}
