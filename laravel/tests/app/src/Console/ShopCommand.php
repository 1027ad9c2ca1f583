<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\App\Console;

use Generator;
use Illuminate\Console\Command;
use Illuminate\Support\Collection;
use Illuminate\Support\Facades\Notification;
use WhatsAppBridge\Exceptions\BridgeUnreachableException;
use WhatsAppBridge\Exceptions\WhatsAppApiException;
use WhatsAppBridge\Facades\WhatsApp;
use WhatsAppBridge\Messages\Media;
use WhatsAppBridge\Results\Message;
use WhatsAppBridge\Tests\App\Notifications\OrderShipped;

/** What a shop does with the facade, one scenario at a time; the answer is one line of JSON. */
final class ShopCommand extends Command
{
    private const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

    protected $signature = 'shop {scenario} {input=[] : JSON; - reads it from the standard input}';

    protected $description = 'Send as a shop would';

    public function handle(): int
    {
        $given = (string) $this->argument('input');
        $input = json_decode($given === '-' ? (string) stream_get_contents(STDIN) : $given, true, 512, JSON_THROW_ON_ERROR);
        $this->line((string) json_encode($this->{$this->argument('scenario')}($input), JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE));

        return self::SUCCESS;
    }

    /** One message of each kind. @return array<string, array<string, mixed>> */
    private function kinds(array $input): array
    {
        $to = WhatsApp::session('sales')->to($input['to'])->waitForSent();
        $png = tempnam(sys_get_temp_dir(), 'shop').'.png';
        file_put_contents($png, base64_decode(self::PNG));
        $upload = WhatsApp::upload(Media::path($png));
        $sent = [
            'text' => $to->mention('0813-1111-2222')->typing()->seen()->text('hai @6281311112222 🛒'),
            'image' => $to->image(Media::path($png, 'baru.png'), 'Ini ya'),
            'video' => $to->video(Media::contents("\0\0\0\x18ftypisom\0\0\0\0isomisom".str_repeat("\0", 64), 'baru.mp4'), 'Lihat'),
            'audio' => $to->audio(Media::contents("ID3\x03\0\0\0\0\0\x0a".str_repeat("\0", 10)."\xff\xfb\x90\x64".str_repeat("\0", 400), 'lagu.mp3')),
            'voice' => $to->voice(Media::contents("OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01".str_repeat("\0", 2000), 'note.ogg')),
            'document' => $to->document(Media::base64(base64_encode("%PDF-1.7\n".str_repeat(' ', 3000).'%%EOF'), 'application/pdf', 'invoice.pdf'), 'Invoice'),
            'sticker' => $to->sticker($upload->id),
            'location' => $to->location(-6.1754, 106.8272, 'Monas'),
            'contact' => $to->contact('Gudang', '0813-1111-2222'),
            'contacts' => $to->contacts([['name' => 'A', 'phone' => '0813-1111-2222'], ['name' => 'B', 'phone' => '0813-1111-3333']]),
            'poll' => $to->poll('Kapan?', ['Senin', 'Selasa']),
            'group' => WhatsApp::session('sales')->to($input['group'])->waitForSent()->text('semua'),
        ];
        $sent['reply'] = WhatsApp::session('sales')->message($sent['text']->id)->replyTo($input['to'])->waitForSent()->text('lagi');
        unlink($png);

        return array_map(fn (Message $message) => $message->toArray(), $sent);
    }

    /** Change a message that is out: react, edit, delete. @return array<string, mixed> */
    private function change(array $input): array
    {
        $first = WhatsApp::session('sales')->to($input['to'])->waitForSent()->text('salah');
        $handle = WhatsApp::session('sales')->message($first->id);

        return ['id' => $first->id, 'message_id' => $first->message_id, 'edit' => $handle->edit('benar')->id, 'reaction' => $handle->react('👍')->id, 'deletion' => $handle->delete()->id];
    }

    /** Take back what has not gone out. @return array<string, mixed> */
    private function cancel(array $input): array
    {
        $waiting = WhatsApp::session('stopped')->to($input['to'])->text('batal');
        $again = fn () => WhatsApp::messages()->cancel($waiting->id);

        return ['id' => $waiting->id, 'state' => WhatsApp::messages()->cancel($waiting->id)->state, 'again' => self::exceptionOf($again)];
    }

    /** A group's life. @return array<string, mixed> */
    private function group(array $input): array
    {
        $session = WhatsApp::session('sales');
        $jid = $session->createGroup('Reseller Lembang', $input['people'])->group_jid;
        $group = $session->group($jid);
        [$first] = $input['people'];
        $results = ['add' => $group->add([$input['newcomer']]), 'promote' => $group->promote([$first])];
        $admins = Collection::make($group->info()->participants)->where('is_admin', true)->pluck('jid')->values()->all();
        $results += ['demote' => $group->demote([$first]), 'remove' => $group->remove([$input['newcomer']])];
        $links = [$group->inviteLink(), $group->revokeInviteLink()];
        $group->leave();

        return [
            'jid' => $jid,
            'named' => $session->groups('Reseller Lembang')->count(),
            'results' => array_map(fn (Collection $people) => $people->pluck('status')->all(), $results),
            'admins' => $admins,
            'links' => $links,
            'is_member' => $group->info()->is_member,
        ];
    }

    /** @return list<string> */
    private function texts(array $input): array
    {
        return array_map(fn (string $text) => WhatsApp::session('sales')->to($input['to'])->text($text)->id, $input['texts']);
    }

    /** What each wrong use becomes. @return array<string, array<string, mixed>> */
    private function mistakes(array $input): array
    {
        $uses = [
            'no such session' => fn () => WhatsApp::session('nobody')->to('0812')->text('x'),
            'no such message' => fn () => WhatsApp::messages()->find('msg_'.str_repeat('0', 32)),
            'session stopped' => fn () => WhatsApp::session('stopped')->to('0812-3456-7890')->refuseUnlessWorking()->text('x'),
            'key reused' => function () use ($input) {
                WhatsApp::session('sales')->to($input['to'])->idempotencyKey('reused')->text('one');
                WhatsApp::session('sales')->to($input['to'])->idempotencyKey('reused')->text('two');
            },
            'private URL' => fn () => WhatsApp::session('sales')->to('0812-3456-7890')->image('http://127.0.0.1/a.png'),
            'no number' => fn () => WhatsApp::session('sales')->to('budi')->text('x'),
            'empty text' => fn () => WhatsApp::session('sales')->to('0812-3456-7890')->text(' '),
            'wrong key' => function () {
                config(['whatsapp.bridge.key' => 'wab_wrong']);
                WhatsApp::clearResolvedInstances();
                WhatsApp::session('sales')->status();
            },
            'nobody there' => function () {
                config(['whatsapp.bridge.url' => 'http://127.0.0.1:9', 'whatsapp.bridge.attempts' => 1]);
                WhatsApp::clearResolvedInstances();
                WhatsApp::session('sales')->status();
            },
        ];

        return array_map(function (callable $use): array {
            try {
                $use();
            } catch (WhatsAppApiException $error) {
                return ['class' => class_basename($error), 'family' => class_basename((string) get_parent_class($error)), 'status' => $error->status, 'code' => $error->errorCode, 'has_id' => str_starts_with((string) $error->requestId, 'req_')];
            } catch (BridgeUnreachableException $error) {
                return ['class' => class_basename($error), 'may_have_arrived' => $error->mayHaveArrived];
            }

            return ['class' => 'none'];
        }, $uses);
    }

    private static function exceptionOf(callable $use): ?string
    {
        try {
            $use();
        } catch (WhatsAppApiException $error) {
            return class_basename($error);
        }

        return null;
    }

    /** @return array<string, mixed> */
    private function notify(array $input): array
    {
        Notification::route('whatsapp', $input['to'])->notify(new OrderShipped($input['text']));

        return [];
    }

    /** Sessions, chats, groups, numbers. @return array<string, mixed> */
    private function directory(array $input): array
    {
        $session = WhatsApp::session('sales');
        $group = $session->groups()->items->first();

        return [
            'states' => WhatsApp::sessions()->pluck('state', 'id')->all(),
            'chats' => $session->chats(limit: 7)->lazy()->pluck('chat_id')->all(),
            'group' => $session->group($group->chat_id)->info()->participants_count,
            'numbers' => $session->checkNumbers([$input['to'], 'budi'])->map(fn ($result) => [$result->phone, $result->on_whatsapp, $result->reason])->all(),
            'contact' => $session->contact($input['to'])->phone,
            'listed' => WhatsApp::messages()->list(session: 'sales', limit: 3)->lazy()->take(5)->count(),
        ];
    }

    /** A session's life, from its making to its end. @return array<string, mixed> */
    private function session(array $input): array
    {
        $session = WhatsApp::session($input['id']);

        return match ($input['do']) {
            'create' => WhatsApp::createSession($input['id'], 7, more: ['device_name' => 'Toko'])->toArray(),
            'code' => $session->pairingCode($input['phone'])->toArray(),
            'qr' => ['text' => $session->qr()->qr, 'svg' => $session->qrSvg(), 'png' => base64_encode($session->qrPng())],
            'delete' => ['deleted' => $session->delete()],
            default => $session->{$input['do']}()->toArray(),
        };
    }

    /** @return array<string, mixed> */
    private function blast(array $input): array
    {
        $blast = WhatsApp::blast()->from('sales')->name($input['name'] ?? 'Promo')->text('Halo {{name|friend}}')->to($input['recipients']);
        foreach (['skipRecipientsInAddress', 'idempotencyKey'] as $option) {
            $blast = array_key_exists($option, $input) ? $blast->{$option}($input[$option]) : $blast;
        }
        if (isset($input['pace'])) {
            $blast = $blast->pace(...$input['pace']);
        }

        return ($input['dry_run'] ?? false) ? $blast->dryRun()->toArray() : $blast->start()->toArray();
    }

    /** @return array<string, mixed> */
    private function optOut(array $input): array
    {
        WhatsApp::optOuts(7)->add($input['people']);

        return ['listed' => WhatsApp::optOuts(7)->list()->lazy()->pluck('phone')->all()];
    }

    /** Address book, contacts and a draft, filled from generators. @return array<string, mixed> */
    private function people(array $input): array
    {
        $rows = function (int $count, callable $row): Generator {
            for ($number = 0; $number < $count; $number++) {
                yield $row($number);
            }
        };
        $addresses = WhatsApp::addresses(7);
        $contacts = WhatsApp::contacts(7);
        $before = memory_get_peak_usage();
        $book = $addresses->put($rows($input['count'], fn (int $n) => ['phone' => '+62811'.(1_000_000 + $n), 'name' => "Orang {$n}"]));
        $peak = memory_get_peak_usage() - $before;
        $contacts->put([['phone' => $input['customer'], 'name' => 'Siti', 'tags' => ['flow'], 'variables' => ['city' => 'Bandung']]]);
        $imported = $contacts->import(Media::contents("No. HP,Nama\n{$input['imported']},Budi\nbukan nomor,X\n", 'orang.csv'), tags: ['flow']);
        $export = tempnam(sys_get_temp_dir(), 'shop');
        $contacts->export($export, 'flow');
        $csv = (string) file_get_contents($export);
        unlink($export);

        $draft = WhatsApp::blast()->from('sales')->name('Draf')->text('Halo {{name|friend}}')->to([$input['first']])->draft();
        $added = WhatsApp::blasts()->addRecipients($draft->id(), $rows(2, fn (int $n) => ['phone' => [$input['second'], '+628111000000'][$n], 'variables' => ['name' => 'Joko']]));
        WhatsApp::blasts()->addContacts($draft->id(), 'flow');
        WhatsApp::blasts()->resume($draft->id());

        return [
            'id' => $draft->id(),
            'book' => [$book->added, $addresses->list(search: 'Orang', limit: 500)->lazy()->count()],
            'peak' => $peak,
            'check' => $addresses->check(['+628111000000', $input['first']])->pluck('in_address_book')->all(),
            'imported' => [$imported->added, $imported->invalid],
            'csv' => $csv,
            'tags' => $contacts->tags()->all(),
            'added' => [$added->accepted, $added->duplicates],
            'delivered' => WhatsApp::deliveries()->list(limit: 5)->count(),
            'removed' => $addresses->remove(['0811-1000-001', '0811-9999-9999']),
        ];
    }

    /** @return array<string, mixed> */
    private function steer(array $input): array
    {
        return match ($input['do']) {
            'edit' => WhatsApp::blasts()->edit($input['id'], $input['fields'])->toArray(),
            'report' => ['csv' => WhatsApp::blasts()->report($input['id'])],
            'recipients' => ['phones' => WhatsApp::blasts()->recipients($input['id'], $input['state'] ?? null, limit: 2)->lazy()->pluck('phone')->all()],
            default => WhatsApp::blasts()->{$input['do']}($input['id'])->toArray(),
        };
    }
}
