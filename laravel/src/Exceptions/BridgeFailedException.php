<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** 500, 502, …: something failed at the bridge or at WhatsApp. */
class BridgeFailedException extends WhatsAppApiException
{
}
