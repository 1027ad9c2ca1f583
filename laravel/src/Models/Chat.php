<?php

declare(strict_types=1);

namespace WhatsAppBridge\Models;

use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;
use Illuminate\Database\Eloquent\Relations\HasMany;

/**
 * A conversation with a person or a group.
 *
 * @property int $id
 * @property string $uuid
 * @property string|null $chat_jid WhatsApp's id: `…@c.us`, `…@lid` or `…@g.us`
 * @property string|null $chat_type `private` or `group`
 * @property string|null $provider_type `webjs`, or what the chat came through before
 */
class Chat extends Model
{
    use ConfiguredStorage;

    public const PRIVATE = 'private';

    public const GROUP = 'group';

    public const PROVIDER = 'webjs';

    protected const TABLE = 'chats';

    /** @var list<string> */
    protected $guarded = [];

    /** @var array<string, string> */
    protected $casts = [
        'last_message_at' => 'datetime',
        'last_message_from_me' => 'boolean',
        'archived' => 'boolean',
        'pinned' => 'boolean',
        'muted' => 'boolean',
        'unread_count' => 'integer',
    ];

    public function session(): BelongsTo
    {
        return $this->belongsTo(config('whatsapp.models.sessions'), 'whatsapp_session_id');
    }

    public function group(): BelongsTo
    {
        return $this->belongsTo(config('whatsapp.models.groups'), 'group_id');
    }

    public function contact(): BelongsTo
    {
        return $this->belongsTo(config('whatsapp.models.contacts'), 'contact_id');
    }

    public function messages(): HasMany
    {
        return $this->hasMany(config('whatsapp.models.messages'), 'chat_id');
    }

    public function scopeGroups(Builder $query): Builder
    {
        return $query->where($this->qualifyColumn('chat_type'), self::GROUP);
    }

    public function scopePrivate(Builder $query): Builder
    {
        return $query->where($this->qualifyColumn('chat_type'), self::PRIVATE);
    }

    public function isGroup(): bool
    {
        return $this->getAttribute('chat_type') === self::GROUP;
    }
}
