<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Generator;
use WhatsAppBridge\Exceptions\WhatsAppException;
use WhatsAppBridge\Results\Blast;
use WhatsAppBridge\Results\Page;
use WhatsAppBridge\Results\Result;
use WhatsAppBridge\Results\StartedBlast;

/** `WhatsApp::blasts()`: start, watch and steer blasts. */
final class Blasts
{
    private const BASE = '/api/whatsapp/blast';

    /** A large list takes its time to be taken in. */
    private const START_SECONDS = 120;

    public function __construct(
        private readonly Api $api,
        private readonly ?string $defaultSession = null,
    ) {
    }

    public function new(): PendingBlast
    {
        return new PendingBlast($this, $this->defaultSession);
    }

    public function from(string|int ...$sessions): PendingBlast
    {
        return $this->new()->from(...$sessions);
    }

    /**
     * A list that is too long for one request goes in pieces, into a draft that begins when it has them all: what breaks off in between
     * has sent nothing, and is continued when the same start is repeated.
     */
    public function start(PendingBlast $blast): StartedBlast
    {
        $pieces = $blast->recipients()->pieces();
        $recipients = $pieces->current() ?? [];
        $pieces->next();
        $key = $blast->ownIdempotencyKey() ?? $this->api->idempotencyKey($blast->fields() + ['recipients' => $recipients], $blast->media());
        $fields = $this->withFile($blast)->fields() + ['recipients' => $recipients];

        if (! $pieces->valid()) {
            return $this->begin($fields, $key);
        }
        $started = $this->begin(['draft' => true] + $fields, $key);

        // Any other state: an earlier attempt has brought it this far.
        return $started->blast()->state === 'DRAFT' ? $this->complete($started, $pieces, begin: ! ($fields['draft'] ?? false)) : $started;
    }

    public function dryRun(PendingBlast $blast): Result
    {
        return new Result($this->json('POST', '/start', ['dry_run' => true, 'recipients' => $blast->recipients()->all()] + $this->withFile($blast)->fields()));
    }

    public function preview(PendingBlast $blast, int $first = 5): Result
    {
        // The file is not looked at, so it need not be uploaded.
        $content = ($blast->media() === null ? $blast : $blast->withMediaReference(self::stand($blast)))->fields()['content'] ?? null;

        return new Result($this->json('POST', '/preview', ['first' => $first, 'content' => $content, 'recipients' => $blast->recipients()->pieces()->current() ?? []]));
    }

    public function find(string $id): Blast
    {
        return new Blast($this->api->get($this->path($id)));
    }

    /** @return Page<Blast>  the newest first */
    public function list(string|int|null $session = null, ?string $state = null, int $limit = 50): Page
    {
        return $this->api->page(self::BASE.'/jobs', ['session_id' => $session, 'state' => $state, 'limit' => $limit], 'jobs', Blast::class);
    }

    /** Takes effect within one message. */
    public function pause(string $id): Blast
    {
        return $this->act($id, 'pause');
    }

    /** Also begins a draft. */
    public function resume(string $id): Blast
    {
        return $this->act($id, 'resume');
    }

    /** For good; who was not reached is cancelled. */
    public function stop(string $id): Blast
    {
        return $this->act($id, 'stop');
    }

    /**
     * Changes what is given, for the recipients that were not sent to yet.
     *
     * @param  array<string, mixed>  $fields  as the API names them: content, pace, filters, skipRecipientsInAddress, add_recipients, remove_recipients, …
     */
    public function edit(string $id, array $fields): Blast
    {
        return self::job($this->json('PATCH', '/'.rawurlencode($id), $fields));
    }

    /** @return Page<Result> */
    public function recipients(string $id, ?string $state = null, int $limit = 50): Page
    {
        return $this->api->page($this->path($id, '/recipients'), ['state' => $state, 'limit' => $limit], 'recipients');
    }

    /**
     * Adds to a draft, in one request; they are read while they go out, so that a generator of a million is never in memory. Who is there
     * already counts as a duplicate: what broke off is simply sent again.
     *
     * @param  iterable<string|int|array{phone: string|int, variables?: array<string, string|int|float|bool|null>}>  $recipients
     * @return Result  accepted, duplicates, invalid, invalid_rows, job
     */
    public function addRecipients(string $id, iterable $recipients): Result
    {
        return new Result($this->api->json(new BridgeRequest(
            'POST',
            $this->path($id, '/recipients'),
            extraSeconds: BridgeRequest::LARGE_SECONDS,
            safety: RetrySafety::Repeatable,
            lines: new Lines(BlastRecipients::normalised($recipients)),
        )));
    }

    /** Adds stored contacts to a draft. @param  string|null  $tag  null: all of the workspace  @param  'bridge'|'backend'  $source */
    public function addContacts(string $id, ?string $tag = null, string $source = 'bridge'): Result
    {
        return new Result($this->json('POST', '/'.rawurlencode($id).'/recipients', ['list' => array_filter(['tag' => $tag, 'source' => $source], fn ($value) => $value !== null)]));
    }

    /** Takes one recipient out, unless the message has begun to go out. @param  int  $recipient  its `id` */
    public function cancelRecipient(string $id, int $recipient): Result
    {
        return new Result($this->json('POST', '/'.rawurlencode($id)."/recipients/{$recipient}/cancel"));
    }

    /**
     * A new blast to those whom this one did not reach.
     *
     * @param  list<'failed'|'cancelled'|'skipped'>  $states
     */
    public function repeat(string $id, array $states = ['failed'], ?string $name = null, bool $draft = false): StartedBlast
    {
        return new StartedBlast($this->json('POST', '/'.rawurlencode($id).'/repeat', ['states' => $states, 'name' => $name, 'draft' => $draft]));
    }

    /** The report as CSV, one row for each recipient. */
    public function report(string $id): string
    {
        return $this->api->transport->send(new BridgeRequest('GET', $this->path($id, '/report.csv'), accept: 'text/csv', extraSeconds: self::START_SECONDS))->body;
    }

    /** The same into a file, without holding it in memory. */
    public function saveReport(string $id, string $path): void
    {
        $this->api->download($this->path($id, '/report.csv'), $path, accept: 'text/csv');
    }

    /** @param  array<string, mixed>  $fields */
    private function begin(array $fields, string $key): StartedBlast
    {
        $answer = $this->api->transport->send(new BridgeRequest('POST', self::BASE.'/start', body: $fields, idempotencyKey: $key, extraSeconds: self::START_SECONDS));
        $started = new StartedBlast($answer->json());

        // A start that was taken before answers the blast as it is; its counts are in there.
        return $answer->status === 200 ? $started->withJob($started->blast()) : $started;
    }

    /** @param  Generator<int, list<array<string, mixed>|string>>  $pieces  those after the first */
    private function complete(StartedBlast $started, Generator $pieces, bool $begin): StartedBlast
    {
        for (; $pieces->valid(); $pieces->next()) {
            $job = $this->edit($started->id(), ['add_recipients' => $pieces->current()]);
        }

        return $started->withJob($begin ? $this->resume($started->id()) : $job);
    }

    private function act(string $id, string $action): Blast
    {
        return self::job($this->json('POST', '/'.rawurlencode($id).'/'.$action));
    }

    /** @param  array<string, mixed>  $answer */
    private static function job(array $answer): Blast
    {
        return new Blast($answer['job'] ?? $answer);
    }

    /**
     * @param  array<string, mixed>  $body
     * @return array<string, mixed>
     *
     * @throws WhatsAppException
     */
    private function json(string $method, string $path, array $body = [], ?string $key = null): array
    {
        return $this->api->json(new BridgeRequest($method, self::BASE.$path, body: $body, idempotencyKey: $key, extraSeconds: $body === [] ? 0 : self::START_SECONDS));
    }

    private function path(string $id, string $below = ''): string
    {
        return BridgeRequest::path(self::BASE.'/%s', $id).$below;
    }

    /** A file of this server is uploaded first; the blast names it by its id. */
    private function withFile(PendingBlast $blast): PendingBlast
    {
        $media = $blast->media();
        if ($media === null) {
            return $blast;
        }

        return $blast->withMediaReference($media->isFile() ? ['id' => $this->api->uploads->idOf($media)] : $media->reference());
    }

    /** @return array<string, string> */
    private static function stand(PendingBlast $blast): array
    {
        $media = $blast->media();

        return $media === null || $media->isFile() ? ['id' => 'med_'.str_repeat('0', 32)] : $media->reference();
    }
}
