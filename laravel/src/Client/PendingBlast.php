<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use DateTimeInterface;
use SplFileInfo;
use WhatsAppBridge\Messages\Media;
use WhatsAppBridge\Results\Result;
use WhatsAppBridge\Results\StartedBlast;

/**
 * `WhatsApp::blast()`: one message to many. Nothing happens before `start()`, `draft()`, `dryRun()` or `preview()`.
 * Each method answers a changed copy.
 */
final class PendingBlast
{
    /** @var array<string, mixed> as `POST /api/whatsapp/blast/start` names them */
    private array $fields = ['skipRecipientsInAddress' => true];

    private BlastRecipients $recipients;

    private ?Media $media = null;

    private ?string $idempotencyKey = null;

    public function __construct(
        private readonly Blasts $blasts,
        ?string $defaultSession = null,
    ) {
        $this->recipients = new BlastRecipients;
        if ($defaultSession !== null) {
            $this->fields['session_ids'] = [$defaultSession];
        }
    }

    /** @param  string|int  ...$sessions  several share the work */
    public function from(string|int ...$sessions): self
    {
        return $this->with(['session_ids' => array_values(array_map(strval(...), $sessions))]);
    }

    /**
     * Whom it goes to; further calls add to it. What can be read again and again (a LazyCollection, an array) can be used for a dry
     * run and for the start; a generator for one of them.
     *
     * @param  iterable<string|int|array{phone: string|int, variables?: array<string, string|int|float|bool|null>}>  $recipients
     */
    public function to(iterable $recipients): self
    {
        $copy = clone $this;
        $copy->recipients = $this->recipients->and($recipients);

        return $copy;
    }

    public function name(string $name): self
    {
        return $this->with(['name' => $name]);
    }

    /** @param  string  $text  `{{name|friend}}` is the recipient's variable, or what stands behind the bar */
    public function text(string $text, string ...$variants): self
    {
        return $this->content(['type' => 'text', 'text' => $text], null, $variants);
    }

    public function image(Media|string|SplFileInfo $media, ?string $caption = null, string ...$variants): self
    {
        return $this->content(['type' => 'image', 'caption' => $caption], $media, $variants);
    }

    public function video(Media|string|SplFileInfo $media, ?string $caption = null, string ...$variants): self
    {
        return $this->content(['type' => 'video', 'caption' => $caption], $media, $variants);
    }

    public function document(Media|string|SplFileInfo $media, ?string $caption = null, string ...$variants): self
    {
        return $this->content(['type' => 'document', 'caption' => $caption], $media, $variants);
    }

    public function audio(Media|string|SplFileInfo $media): self
    {
        return $this->content(['type' => 'audio'], $media);
    }

    public function voice(Media|string|SplFileInfo $media): self
    {
        return $this->content(['type' => 'voice'], $media);
    }

    /** Leave out who is in the address book. It is on unless it is switched off here; who has opted out is left out always. */
    public function skipRecipientsInAddress(bool $skip = true): self
    {
        return $this->with(['skipRecipientsInAddress' => $skip]);
    }

    /** Ask WhatsApp first, and leave out who is not there. */
    public function onlyOnWhatsApp(): self
    {
        return $this->with(['filters' => ['check_on_whatsapp' => true] + ($this->fields['filters'] ?? [])]);
    }

    public function onlyActiveWithin(int $days): self
    {
        return $this->with(['filters' => ['active_within_days' => $days] + ($this->fields['filters'] ?? [])]);
    }

    /**
     * What is left out keeps its value.
     *
     * @param  array{int, int}|null  $gapMs  the shortest and the longest random pause between two messages
     * @param  array{string, string}|null  $quietHours  from and to, such as ['21:00', '07:00']
     * @param  array{first_day: int, growth: int|float, days: int}|null  $warmUp
     */
    public function pace(
        ?int $perSecond = null,
        ?int $perMinute = null,
        ?int $perDay = null,
        ?array $gapMs = null,
        ?array $quietHours = null,
        ?string $timeZone = null,
        ?array $warmUp = null,
        ?int $pauseAfterFailures = null,
    ): self {
        $pace = [
            'per_second' => $perSecond,
            'per_minute' => $perMinute,
            'per_day' => $perDay,
            'gap_min_ms' => $gapMs[0] ?? null,
            'gap_max_ms' => $gapMs[1] ?? null,
            'quiet_hours' => $quietHours === null ? null : ['from' => $quietHours[0] ?? null, 'to' => $quietHours[1] ?? null],
            'time_zone' => $timeZone,
            'warm_up' => $warmUp,
            'pause_after_failures' => $pauseAfterFailures,
        ];

        return $this->with(['pace' => self::given($pace) + ($this->fields['pace'] ?? [])]);
    }

    /** @param  int  $attempts  in all */
    public function retry(int $attempts, int $intervalSeconds = 60): self
    {
        return $this->with(['retry' => ['max_attempts' => $attempts, 'interval_seconds' => $intervalSeconds]]);
    }

    /** So many messages, then a pause. */
    public function batches(int $size, int $pauseSeconds): self
    {
        return $this->with(['batches' => ['size' => $size, 'pause_seconds' => $pauseSeconds]]);
    }

    /** @param  'high'|'normal'|'low'  $priority  among blasts; a single message always goes before */
    public function priority(string $priority): self
    {
        return $this->with(['priority' => $priority]);
    }

    /** Begin then. @param  string|DateTimeInterface  $at  a string without an offset is local time in `$timeZone` */
    public function at(string|DateTimeInterface $at, ?string $timeZone = null): self
    {
        $schedule = ['at' => $at instanceof DateTimeInterface ? $at->format('Y-m-d\TH:i:sP') : $at, 'time_zone' => $timeZone];

        return $this->with(['schedule' => self::given($schedule)]);
    }

    /** For the cost in a dry run, in your own currency. */
    public function pricePerMessage(float $price): self
    {
        return $this->with(['price_per_message' => $price]);
    }

    public function idempotencyKey(string $key): self
    {
        $copy = clone $this;
        $copy->idempotencyKey = $key;

        return $copy;
    }

    /**
     * Once this returns, the bridge has the blast and its recipients on disk.
     *
     * @param  array<string, mixed>  $fields  more of them, as the API names them, such as `['skipRecipientsInAddress' => false]`
     */
    public function start(array $fields = []): StartedBlast
    {
        return $this->with($fields)->begin();
    }

    /** Keep it as DRAFT: recipients can be added, and `blasts()->resume($id)` starts it. */
    public function draft(): StartedBlast
    {
        return $this->with(['draft' => true])->begin();
    }

    /** Sends nothing and keeps nothing: how many would be sent, skipped (by reason), invalid, how long it takes, what it costs. */
    public function dryRun(): Result
    {
        return $this->blasts->dryRun($this);
    }

    /** The first messages as they would go out. */
    public function preview(int $first = 5): Result
    {
        return $this->blasts->preview($this, $first);
    }

    /** @return array<string, mixed>  the body of the API, without a file and without recipients */
    public function fields(): array
    {
        return array_diff_key($this->fields, ['recipients' => 0]);
    }

    public function recipients(): BlastRecipients
    {
        $named = (array) ($this->fields['recipients'] ?? []);

        return $named === [] ? $this->recipients : $this->recipients->and($named);
    }

    public function media(): ?Media
    {
        return $this->media;
    }

    public function ownIdempotencyKey(): ?string
    {
        return $this->idempotencyKey;
    }

    /** @param  array<string, mixed>  $reference  how the API is to find the file */
    public function withMediaReference(array $reference): self
    {
        return $this->with(['content' => ['media' => $reference] + ($this->fields['content'] ?? [])]);
    }

    private function begin(): StartedBlast
    {
        return $this->blasts->start($this);
    }

    /**
     * @param  array<string, mixed>  $content
     * @param  array<string>  $variants
     */
    private function content(array $content, Media|string|SplFileInfo|null $media, array $variants = []): self
    {
        $copy = $this->with(['content' => self::given($content) + ($variants === [] ? [] : ['variants' => array_values($variants)])]);
        $copy->media = $media === null ? null : Media::from($media);

        return $copy;
    }

    /** @param  array<string, mixed>  $fields */
    private function with(array $fields): self
    {
        // Who is named last sends.
        $sessions = array_key_exists('session_id', $fields) || array_key_exists('session_ids', $fields) ? ['session_id' => 0, 'session_ids' => 0] : [];
        $copy = clone $this;
        $copy->fields = $fields + array_diff_key($this->fields, $sessions);

        return $copy;
    }

    /** @param  array<string, mixed>  $fields  @return array<string, mixed> */
    private static function given(array $fields): array
    {
        return array_filter($fields, fn ($value) => $value !== null);
    }
}
