<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** 401: WHATSAPP_BRIDGE_KEY is missing, wrong or revoked. */
class UnauthorizedException extends WhatsAppApiException
{
}
