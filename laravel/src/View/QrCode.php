<?php

declare(strict_types=1);

namespace WhatsAppBridge\View;

use Illuminate\Contracts\View\View;
use Illuminate\View\Component;

/** `<x-whatsapp-qr session="sales"/>`: the QR to scan, renewed until the session works. It needs no build step. */
final class QrCode extends Component
{
    public string $url;

    public string $script;

    public int $intervalMs;

    /** @param  string|null  $nonce  of a Content-Security-Policy; `img-src` has to allow `data:` */
    public function __construct(
        public string $session,
        public int $size = 264,
        public ?string $nonce = null,
        ?int $interval = null,
    ) {
        $this->url = route('whatsapp.qr', ['session' => $session]);
        $this->intervalMs = 1000 * max(1, $interval ?? (int) config('whatsapp.qr.interval'));
        $this->script = (string) file_get_contents(__DIR__.'/../../resources/js/whatsapp-qr.js');
    }

    public function render(): View
    {
        return view('whatsapp::qr');
    }
}
