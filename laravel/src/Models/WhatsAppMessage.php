<?php

declare(strict_types=1);

namespace WhatsAppBridge\Models;

use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;

/**
 * A message that came in or went out. Within a chat, `id` grows in the order of the bridge.
 *
 * @property int $id
 * @property string $message_id WhatsApp's serialised id, unique within its session
 * @property string|null $bridge_id the bridge's id, when it was sent over its API
 * @property int|null $ack -1 ERROR, 0 PENDING, 1 SERVER, 2 DEVICE, 3 READ, 4 PLAYED
 * @property array<string, mixed>|null $data the event's `data`, as it came
 * @property array<string, string>|null $reactions emoji by the sender's jid
 */
class WhatsAppMessage extends Model
{
    use ConfiguredStorage;

    protected const TABLE = 'messages';

    /** @var list<string> */
    protected $guarded = [];

    /** @var array<string, string> */
    protected $casts = [
        'data' => 'array',
        'reactions' => 'array',
        'from_me' => 'boolean',
        'ack' => 'integer',
        'sequence' => 'integer',
        'sent_at' => 'datetime',
        'edited_at' => 'datetime',
        'revoked_at' => 'datetime',
    ];

    public function chat(): BelongsTo
    {
        return $this->belongsTo(config('whatsapp.models.chats'), 'chat_id');
    }

    public function session(): BelongsTo
    {
        return $this->belongsTo(config('whatsapp.models.sessions'), 'whatsapp_session_id');
    }
}
