<?php

use WhatsAppBridge\Models\Chat;
use WhatsAppBridge\Models\Contact;
use WhatsAppBridge\Models\WhatsAppDelivery;
use WhatsAppBridge\Models\WhatsAppGroup;
use WhatsAppBridge\Models\WhatsAppMessage;
use WhatsAppBridge\Models\WhatsAppSession;

return [

    /*
     * What the bridge signs its requests with (its WEBHOOK_SECRET). At least 32 random characters:
     * `openssl rand -hex 32`. Without it every request is answered with 503, and the bridge keeps what it has.
     */
    'secret' => env('WHATSAPP_SECRET'),

    /* While you change the secret: the one before it. Either is then taken. Remove it afterwards. */
    'previous_secret' => env('WHATSAPP_PREVIOUS_SECRET'),

    /*
     * true: both signatures are checked, and the signed time may be at most `tolerance` seconds away, so that nobody
     * can send an old request again. false: only the plain X-Webhook-Signature.
     */
    'require_timestamp' => env('WHATSAPP_REQUIRE_TIMESTAMP', true),
    'tolerance' => 300,

    /* Where the bridge's API answers, and an API key of it. The key never leaves the server. */
    'bridge' => [
        'url' => env('WHATSAPP_BRIDGE_URL', 'http://127.0.0.1:3000'),
        'key' => env('WHATSAPP_BRIDGE_KEY'),
        // Seconds for an answer, and until there is a connection.
        'timeout' => 30,
        'connect_timeout' => 5,
        // In all, of what is safe to repeat: no connection, a connection that broke off, 429, 503.
        'attempts' => 4,
    ],

    /* The session that messages go out from when none is named. */
    'session' => env('WHATSAPP_SESSION'),

    /*
     * What <x-whatsapp-qr> polls. Whoever scans the QR links a phone: beside this middleware, the gate `pair-whatsapp`
     * decides. Until the application defines it, it allows nobody outside APP_ENV=local.
     */
    'qr' => [
        'path' => 'whatsapp/qr',
        'middleware' => ['web', 'auth'],
        // Seconds between two polls.
        'interval' => 3,
    ],

    /*
     * What the bridge calls. The bridge appends /api/whatsapp/… to its BACKEND_URL, so change the prefix only together with a proxy.
     * `middleware` runs after the signature check: ['auth:sanctum'] when the bridge has a BACKEND_TOKEN. Never the `web` group (it has
     * the CSRF check), and not `api` (it limits all requests of one address to 60 a minute).
     */
    'routes' => [
        'enabled' => true,
        'prefix' => 'api/whatsapp',
        'middleware' => [],
    ],

    /*
     * GET /api/whatsapp/health says to anyone only `ok`, `degraded` or `down`. The figures are for whoever sends this as a bearer token,
     * for users that the gate `viewWhatsAppHealth` lets in, and for the environments `local` and `testing`.
     */
    'health_token' => env('WHATSAPP_HEALTH_TOKEN'),

    /*
     * Chat sync requests a minute and session; more are answered with 429, and the bridge waits. 60 are 50 chats/s: with a faster
     * SYNC_CHATS_PER_SECOND of the bridge, allow more here.
     */
    'sync_per_minute' => (int) env('WHATSAPP_SYNC_PER_MINUTE', 60),

    /* Where chat syncs and broadcasts are queued; null: the application's default. */
    'queue' => [
        'connection' => env('WHATSAPP_QUEUE_CONNECTION'),
        'name' => env('WHATSAPP_QUEUE'),
    ],

    /* Delivery ids are kept so many days; `php artisan model:prune --model="WhatsAppBridge\Models\WhatsAppDelivery"` takes older ones away. */
    'keep_deliveries_days' => 30,

    /* Messages are kept in the database. false: they only raise events. */
    'store_messages' => true,

    /* The country of a number that was typed without one: its calling code, and what is dialled before a number at home. */
    'phone' => ['calling_code' => '62', 'trunk_prefix' => '0', 'region' => 'ID'],

    /* Tells browsers of new messages, on the private channel `chats.ch{workspace}`. Nothing is queued when the default broadcaster is `null`. */
    'broadcast' => env('WHATSAPP_BROADCAST', true),

    /* Where `chats` and `contacts` exist already, only the columns that they lack are added. null: the default connection. */
    'connection' => env('WHATSAPP_DB_CONNECTION'),
    'migrations' => true,
    'tables' => [
        'chats' => 'chats',
        'contacts' => 'contacts',
        'sessions' => 'whatsapp_sessions',
        'groups' => 'whatsapp_groups',
        'messages' => 'whatsapp_messages',
        'deliveries' => 'whatsapp_deliveries',
    ],

    /* Your own models; each extends the one that it replaces. What a model has in $attributes is written into new rows. */
    'models' => [
        'chats' => Chat::class,
        'contacts' => Contact::class,
        'sessions' => WhatsAppSession::class,
        'groups' => WhatsAppGroup::class,
        'messages' => WhatsAppMessage::class,
        'deliveries' => WhatsAppDelivery::class,
    ],

    /* The model of your workspaces, for `$group->workspace`. */
    'workspace_model' => null,

];
