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
        'timeout' => 10,
    ],

];
