<?php

declare(strict_types=1);

namespace WhatsAppBridge\Exceptions;

/** The bridge answered with an error. Each code of its catalogue has a class of its own below one of the families. */
class WhatsAppApiException extends WhatsAppException
{
    final public function __construct(
        public readonly int $status,
        /** As the bridge wrote it; one that this version of the package does not know is kept. */
        public readonly string $errorCode,
        string $message,
        /** Give it when you report something; the bridge's log has it, too. */
        public readonly ?string $requestId = null,
        /** @var array<string, mixed> */
        public readonly array $details = [],
        /** Seconds to wait, where the bridge said so. */
        public readonly ?int $retryAfter = null,
    ) {
        parent::__construct("{$message} [{$errorCode}".($requestId !== null ? ", {$requestId}" : '').']', $status);
    }

    /** The exception of an answer, by its code, else by its status. */
    public static function of(int $status, string $body, ?int $retryAfter = null): self
    {
        $decoded = json_decode($body, true);
        $error = is_array($decoded) && is_array($decoded['error'] ?? null) ? $decoded['error'] : [];
        $code = is_string($error['code'] ?? null) ? $error['code'] : 'http_'.$status;
        $message = is_string($error['message'] ?? null) ? $error['message'] : "The answer was HTTP {$status}, and not the bridge's. Is WHATSAPP_BRIDGE_URL right?";
        $requestId = is_string($error['request_id'] ?? null) ? $error['request_id'] : null;
        $class = ErrorCode::tryFrom($code)?->exception() ?? self::family($status);

        return new $class($status, $code, $message, $requestId, is_array($error['details'] ?? null) ? $error['details'] : [], $retryAfter);
    }

    public function is(ErrorCode $code): bool
    {
        return $this->errorCode === $code->value;
    }

    /** @return class-string<self> */
    private static function family(int $status): string
    {
        return match (true) {
            $status === 401 => UnauthorizedException::class,
            $status === 403 => ForbiddenException::class,
            $status === 404 => NotFoundException::class,
            $status === 409 => ConflictException::class,
            $status === 429 => RateLimitedException::class,
            $status === 503 => UnavailableException::class,
            $status >= 500 => BridgeFailedException::class,
            $status >= 400 => InvalidRequestException::class,
            default => self::class,
        };
    }

    /** What Laravel's log adds to the message. @return array<string, mixed> */
    public function context(): array
    {
        return ['status' => $this->status, 'code' => $this->errorCode, 'request_id' => $this->requestId];
    }
}
