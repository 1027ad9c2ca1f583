<?php

declare(strict_types=1);

namespace WhatsAppBridge\Models;

use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;
use Illuminate\Database\Eloquent\Relations\HasMany;
use LogicException;

/**
 * A group of one session.
 *
 * @property int $id
 * @property string $group_jid
 * @property string|null $name
 * @property list<array{jid: string, phone: string|null, is_admin: bool}>|null $participants null where the bridge only counts them
 * @property int $participants_count
 * @property array<string, mixed>|null $settings the application's
 */
class WhatsAppGroup extends Model
{
    use ConfiguredStorage;

    protected const TABLE = 'groups';

    /** @var list<string> */
    protected $guarded = [];

    /** @var array<string, string> */
    protected $casts = ['participants' => 'array', 'settings' => 'array', 'participants_count' => 'integer'];

    /** The application's workspace; its model is the setting `whatsapp.workspace_model`. */
    public function workspace(): BelongsTo
    {
        $model = config('whatsapp.workspace_model') ?? throw new LogicException('Set whatsapp.workspace_model to the model of your workspaces.');

        return $this->belongsTo($model, 'workspace_id');
    }

    public function session(): BelongsTo
    {
        return $this->belongsTo(config('whatsapp.models.sessions'), 'whatsapp_session_id');
    }

    public function chats(): HasMany
    {
        return $this->hasMany(config('whatsapp.models.chats'), 'group_id');
    }
}
