<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\App;

use Illuminate\Foundation\Auth\User as Authenticatable;
use Illuminate\Notifications\Notifiable;

final class User extends Authenticatable
{
    use Notifiable;

    /** @var list<string> */
    protected $guarded = [];
}
