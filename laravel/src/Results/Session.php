<?php

declare(strict_types=1);

namespace WhatsAppBridge\Results;

/**
 * A session, which is one WhatsApp account.
 *
 * @property-read string|int $id
 * @property-read string|int|null $workspace_id
 * @property-read string $state  STOPPED, STARTING, SCAN_QR_CODE, WORKING or FAILED
 * @property-read array{code: string, message: string, detail: string|null} $reason
 * @property-read string|null $phone  E.164 of the paired phone
 * @property-read string|null $pushname
 * @property-read bool $paired
 * @property-read bool $qr_available
 * @property-read list<string> $features_off  what does not work because WhatsApp Web has changed
 * @property-read array{memory_bytes: int, rss_bytes: int, cpu_percent: float|null, cpu_seconds: float, processes: int}|null $browser  what its browser takes
 * @property-read array{server: string, authenticated: bool}|null $proxy
 * @property-read string|null $device_name
 * @property-read array<string, mixed>|null $sync  the latest chat sync
 * @property-read string $created_at
 * @property-read string $updated_at
 */
final class Session extends Result
{
    public function isWorking(): bool
    {
        return $this->state === 'WORKING';
    }

    public function needsScan(): bool
    {
        return $this->state === 'SCAN_QR_CODE';
    }
}
