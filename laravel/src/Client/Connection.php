<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use SensitiveParameter;
use WhatsAppBridge\Exceptions\NotConfiguredException;

/** Where the bridge is, and the key that opens it. */
final class Connection
{
    public function __construct(
        public readonly string $url,
        #[SensitiveParameter] public readonly string $apiKey,
        /** Seconds for an answer. */
        public readonly int $timeout = 30,
        /** Seconds until there is a connection. */
        public readonly int $connectTimeout = 5,
    ) {
    }

    /**
     * @param  array<string, mixed>  $settings  `config('whatsapp.bridge')`
     *
     * @throws NotConfiguredException
     */
    public static function fromSettings(#[SensitiveParameter] array $settings): self
    {
        $url = (string) ($settings['url'] ?? '');
        if (! preg_match('~^https?://[^\s/?#@]+(/[^\s?#]*)?$~i', $url)) {
            throw new NotConfiguredException('WHATSAPP_BRIDGE_URL is missing, or is no http or https URL without a user name, a query or a fragment.');
        }
        if ((string) ($settings['key'] ?? '') === '') {
            throw new NotConfiguredException('WHATSAPP_BRIDGE_KEY is missing. The bridge prints one at its first start; `php artisan whatsapp:install` writes the line.');
        }

        return new self(rtrim($url, '/'), (string) $settings['key'], (int) ($settings['timeout'] ?? 30), (int) ($settings['connect_timeout'] ?? 5));
    }

    /** What a dump shows. @return array<string, mixed> */
    public function __debugInfo(): array
    {
        return ['url' => $this->url, 'apiKey' => '…', 'timeout' => $this->timeout, 'connectTimeout' => $this->connectTimeout];
    }
}
