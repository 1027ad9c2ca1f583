<?php

declare(strict_types=1);

namespace WhatsAppBridge\Messages;

use Illuminate\Contracts\Filesystem\Filesystem;
use SplFileInfo;
use WhatsAppBridge\Exceptions\InvalidMessageException;

/** A file to send. The bridge decides by its bytes what it is. */
final class Media
{
    /**
     * @param  array<string, string>|null  $reference  what the body says, when the bytes do not come with the request
     * @param  (callable(): resource)|null  $opener
     * @param  (callable(): string)|null  $fingerprint
     */
    private function __construct(
        private readonly ?array $reference,
        private $opener = null,
        private readonly ?string $name = null,
        private $fingerprint = null,
    ) {
    }

    /**
     * A file of this server. Never give it a path that a user chose.
     *
     * @throws InvalidMessageException when there is no such file
     */
    public static function path(string|SplFileInfo $path, ?string $filename = null): self
    {
        $path = (string) $path;
        // A wrapper (php://, phar://, http://) is no path, though fopen() takes it for one.
        if (str_contains($path, '://') || ! is_file($path) || ! is_readable($path)) {
            throw new InvalidMessageException('There is no readable file at the path of the media.');
        }

        return new self(null, fn () => fopen($path, 'rb'), self::safeName($filename ?? basename($path)), fn () => (string) hash_file('sha256', $path));
    }

    /** A file of one of Laravel's disks: `Media::disk(Storage::disk('s3'), 'invoices/1042.pdf')`. */
    public static function disk(Filesystem $disk, string $path, ?string $filename = null): self
    {
        if (! $disk->exists($path)) {
            throw new InvalidMessageException('There is no such file on the disk.');
        }
        $open = fn () => $disk->readStream($path);

        return new self(null, $open, self::safeName($filename ?? basename($path)), fn () => hash('sha256', $path.'|'.$disk->size($path).'|'.$disk->lastModified($path)));
    }

    /** Bytes that are in memory. Large ones belong into a file. */
    public static function contents(string $bytes, string $filename): self
    {
        $open = function () use ($bytes) {
            $stream = fopen('php://temp', 'w+b');
            fwrite($stream, $bytes);
            rewind($stream);

            return $stream;
        };

        return new self(null, $open, self::safeName($filename), fn () => hash('sha256', $bytes));
    }

    /** The bridge fetches it, from public addresses only. */
    public static function url(string $url, ?string $filename = null): self
    {
        return new self(array_filter(['url' => $url, 'filename' => $filename], fn ($value) => $value !== null));
    }

    /** What was uploaded before: `WhatsApp::upload($media)->id`. */
    public static function id(string $id): self
    {
        return new self(['id' => $id]);
    }

    /** Base64 or a data URL, as small as the bridge's HTTP_BODY_LIMIT_KB. */
    public static function base64(string $data, ?string $mimetype = null, ?string $filename = null): self
    {
        return new self(array_filter(['base64' => $data, 'mimetype' => $mimetype, 'filename' => $filename], fn ($value) => $value !== null));
    }

    /**
     * A string is an http(s) URL or an upload's id, never a path: a value that a user gave must not name a file of this server.
     *
     * @throws InvalidMessageException
     */
    public static function from(self|string|SplFileInfo $media): self
    {
        if ($media instanceof self) {
            return $media;
        }
        if ($media instanceof SplFileInfo) {
            return self::path($media);
        }
        if (preg_match('~^https?://~i', $media)) {
            return self::url($media);
        }
        if (preg_match('/^med_[0-9a-f]{32}$/', $media)) {
            return self::id($media);
        }
        throw new InvalidMessageException("Media given as a string is a URL or an upload's id (med_…). For a file of this server use Media::path(), for bytes Media::contents().");
    }

    /** Whether the bytes go with the request. */
    public function isFile(): bool
    {
        return $this->reference === null;
    }

    /** @return array<string, string> */
    public function reference(): array
    {
        return $this->reference ?? [];
    }

    public function filename(): string
    {
        return $this->name ?? 'file';
    }

    /** What tells this file from another, without its bytes. */
    public function fingerprint(): string
    {
        return $this->fingerprint !== null ? ($this->fingerprint)() : hash('sha256', (string) json_encode($this->reference));
    }

    /**
     * The bytes, from their beginning.
     *
     * @return resource
     *
     * @throws InvalidMessageException when it has gone since
     */
    public function open()
    {
        $stream = $this->opener !== null ? @($this->opener)() : null;

        return is_resource($stream) ? $stream : throw new InvalidMessageException('The file of the media cannot be read.');
    }

    /** A part of a form without a name would be a field; a quote or a line break would end the header. */
    private static function safeName(string $name): string
    {
        $clean = trim((string) preg_replace('/[\x00-\x1f\x7f"\\\\\/]+/', '_', $name));

        return $clean === '' ? 'file' : mb_strcut($clean, 0, 200, 'UTF-8');
    }
}
