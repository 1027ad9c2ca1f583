<?php

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

];
