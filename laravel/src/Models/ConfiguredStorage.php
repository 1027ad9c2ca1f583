<?php

declare(strict_types=1);

namespace WhatsAppBridge\Models;

/** Table and connection from config/whatsapp.php, unless a subclass names its own table. */
trait ConfiguredStorage
{
    public function getTable(): string
    {
        return $this->table ?? config('whatsapp.tables.'.self::TABLE);
    }

    public function getConnectionName(): ?string
    {
        return $this->connection ?? config('whatsapp.connection');
    }
}
