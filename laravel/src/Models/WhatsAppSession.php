<?php

declare(strict_types=1);

namespace WhatsAppBridge\Models;

use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\HasMany;
use WhatsAppBridge\Support\Models;

/**
 * One paired phone.
 *
 * @property int $id
 * @property string $session_id the bridge's id of it
 * @property string|null $workspace_id
 * @property string|null $status STOPPED, STARTING, SCAN_QR_CODE, WORKING or FAILED
 * @property array<string, mixed>|null $metadata `sync_status`, `sync_id`, `last_error`, and what the application keeps there
 */
class WhatsAppSession extends Model
{
    use ConfiguredStorage;

    protected const TABLE = 'sessions';

    /** @var list<string> */
    protected $guarded = [];

    /** @var array<string, string> */
    protected $casts = ['metadata' => 'array', 'status_changed_at' => 'datetime', 'sequence_checked_at' => 'datetime', 'sequence_watermark' => 'integer'];

    public function chats(): HasMany
    {
        return $this->hasMany(config('whatsapp.models.chats'), 'whatsapp_session_id');
    }

    public function groups(): HasMany
    {
        return $this->hasMany(config('whatsapp.models.groups'), 'whatsapp_session_id');
    }

    /**
     * Changes some keys of the metadata, whoever else does so at the same time.
     *
     * @param array<string, mixed> $values
     */
    public function mergeMetadata(array $values): void
    {
        Models::transaction(function () use ($values): void {
            $fresh = static::query()->lockForUpdate()->findOrFail($this->getKey());
            $fresh->forceFill(['metadata' => array_merge($fresh->metadata ?? [], $values)])->save();
            $this->setRawAttributes($fresh->getAttributes(), true);
        });
    }
}
