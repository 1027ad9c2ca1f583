<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use InvalidArgumentException;

/** A payload that lacks what cannot be done without. Its message names the field and holds no value of it. */
final class InvalidPayload extends InvalidArgumentException
{
    public function __construct(public readonly string $field, string $message)
    {
        parent::__construct($message);
    }

    /**
     * @param array<string, mixed> $data
     * @throws self when the field is no text, is empty, or holds control characters
     */
    public static function requireText(array $data, string $field, int $maxLength = 191): string
    {
        $value = $data[$field] ?? null;
        if (! is_string($value) || preg_match("/^[^\\x00-\\x1f]{1,$maxLength}$/Du", $value) !== 1) {
            throw new self($field, "$field must be a text of 1 to $maxLength characters, without control characters");
        }

        return $value;
    }
}
