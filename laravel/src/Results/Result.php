<?php

declare(strict_types=1);

namespace WhatsAppBridge\Results;

use ArrayAccess;
use Illuminate\Contracts\Support\Arrayable;
use Illuminate\Contracts\Support\Jsonable;
use JsonSerializable;
use LogicException;

/**
 * What the bridge answered, field by field and read-only: `$message->state`, or `$message['state']`. A field that is not
 * there is null, so that a newer or an older bridge breaks nothing.
 *
 * @implements ArrayAccess<string, mixed>
 * @implements Arrayable<string, mixed>
 */
class Result implements Arrayable, ArrayAccess, Jsonable, JsonSerializable
{
    /** @param  array<string, mixed>  $fields */
    final public function __construct(private readonly array $fields)
    {
    }

    public function __get(string $name): mixed
    {
        return $this->fields[$name] ?? null;
    }

    public function __isset(string $name): bool
    {
        return isset($this->fields[$name]);
    }

    public function __set(string $name, mixed $value): never
    {
        throw new LogicException('An answer of the bridge is read-only.');
    }

    public function offsetExists(mixed $offset): bool
    {
        return isset($this->fields[$offset]);
    }

    public function offsetGet(mixed $offset): mixed
    {
        return $this->fields[$offset] ?? null;
    }

    public function offsetSet(mixed $offset, mixed $value): void
    {
        throw new LogicException('An answer of the bridge is read-only.');
    }

    public function offsetUnset(mixed $offset): void
    {
        throw new LogicException('An answer of the bridge is read-only.');
    }

    /** @return array<string, mixed> */
    public function toArray(): array
    {
        return $this->fields;
    }

    public function toJson($options = 0): string
    {
        return (string) json_encode($this->fields, $options);
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        return $this->fields;
    }
}
