<?php

declare(strict_types=1);

namespace WhatsAppBridge\Models;

use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\MassPrunable;
use Illuminate\Database\Eloquent\Model;

/** A delivery of the bridge that has been seen. It holds no content. */
class WhatsAppDelivery extends Model
{
    use ConfiguredStorage;
    use MassPrunable;

    protected const TABLE = 'deliveries';

    public const UPDATED_AT = null;

    /** @var list<string> */
    protected $guarded = [];

    /** @var array<string, string> */
    protected $casts = ['processed_at' => 'datetime', 'sequence' => 'integer'];

    public function prunable(): Builder
    {
        return static::query()->where('created_at', '<', now()->subDays((int) config('whatsapp.keep_deliveries_days')));
    }
}
