<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use Illuminate\Contracts\Cache\Repository;
use WhatsAppBridge\Messages\Media;

/**
 * Files that were uploaded, by what is in them. The same file is uploaded once while the bridge keeps it, so that a blast
 * which is started again is the same request.
 */
final class Uploads
{
    /** The bridge is left this long to take what names the file, in seconds. */
    private const MARGIN = 3600;

    public function __construct(
        private readonly Transport $transport,
        private readonly ?Repository $cache = null,
        /** Tells bridges apart. */
        private readonly string $scope = '',
    ) {
    }

    public function idOf(Media $media): string
    {
        $key = 'whatsapp-upload-'.hash('sha256', $this->scope.'|'.$media->filename().'|'.$media->fingerprint());
        $known = $this->cache?->get($key);
        if (is_string($known)) {
            return $known;
        }
        $stored = $this->store($media);
        $seconds = strtotime((string) ($stored['expires_at'] ?? '')) - time() - self::MARGIN;
        if ($seconds > 0) {
            $this->cache?->put($key, $stored['id'], $seconds);
        }

        return (string) ($stored['id'] ?? '');
    }

    /** @return array<string, mixed> */
    public function store(Media $media): array
    {
        return $this->transport->send(new BridgeRequest(
            'POST',
            '/api/media',
            body: $media->reference(),
            file: $media->isFile() ? $media : null,
            // Uploaded twice, the one that nobody names expires.
            safety: RetrySafety::Repeatable,
        ))->json();
    }
}
