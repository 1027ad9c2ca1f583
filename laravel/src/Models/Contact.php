<?php

declare(strict_types=1);

namespace WhatsAppBridge\Models;

use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\HasMany;

/**
 * A person with a phone number.
 *
 * @property int $id
 * @property string $phone E.164
 * @property string|null $name
 * @property string|null $workspace_id
 */
class Contact extends Model
{
    use ConfiguredStorage;

    protected const TABLE = 'contacts';

    /** @var list<string> */
    protected $guarded = [];

    public function chats(): HasMany
    {
        return $this->hasMany(config('whatsapp.models.chats'), 'contact_id');
    }
}
