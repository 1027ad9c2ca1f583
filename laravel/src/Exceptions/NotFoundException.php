<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** 404: there is no such session, message, chat, … */
class NotFoundException extends WhatsAppApiException
{
}
