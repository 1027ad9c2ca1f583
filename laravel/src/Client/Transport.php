<?php

declare(strict_types=1);

namespace WhatsAppBridge\Client;

use WhatsAppBridge\Exceptions\WhatsAppException;

/** How requests reach the bridge: over HTTP, or into a fake. */
interface Transport
{
    /** @throws WhatsAppException when the answer is no 2xx, or there is none */
    public function send(BridgeRequest $request): BridgeAnswer;
}
