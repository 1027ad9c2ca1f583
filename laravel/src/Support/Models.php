<?php

declare(strict_types=1);

namespace WhatsAppBridge\Support;

use Closure;
use Illuminate\Database\Connection;
use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\Model;

/** The application's own models, tables and connection, as the settings name them. */
final class Models
{
    private const ATTEMPTS = 10;

    /** @param 'chats'|'contacts'|'sessions'|'groups'|'messages'|'deliveries' $which */
    public static function make(string $which): Model
    {
        $class = config("whatsapp.models.$which");

        return new $class;
    }

    /**
     * Without the application's global scopes: what the bridge sends belongs to no user who is logged in.
     *
     * @param 'chats'|'contacts'|'sessions'|'groups'|'messages'|'deliveries' $which
     */
    public static function query(string $which): Builder
    {
        return self::make($which)->newQueryWithoutScopes();
    }

    public static function connection(): Connection
    {
        return app('db')->connection(config('whatsapp.connection'));
    }

    /**
     * A transaction that is tried again after a deadlock. `$work` must bear a repeat.
     *
     * @template T
     * @param Closure(): T $work
     * @return T
     */
    public static function transaction(Closure $work): mixed
    {
        $connection = self::connection();

        return $connection->transaction(function () use ($connection, $work): mixed {
            if ($connection->getDriverName() === 'sqlite') {
                // Takes the write lock now, which SQLite waits for. A transaction that first reads and then writes is refused
                // at once where another one wrote in between.
                $connection->update('update '.$connection->getQueryGrammar()->wrapTable(config('whatsapp.tables.deliveries')).' set id = id where 1 = 0');
            }

            return $work();
        }, self::ATTEMPTS);
    }

    /**
     * The columns of new rows, in a form that `upsert` and `insertOrIgnore` take: those do not pass through the model's
     * casts and defaults. A default stands where there is no value.
     *
     * @param list<array<string, mixed>> $rows
     * @return list<array<string, mixed>>
     */
    public static function rows(string $which, array $rows): array
    {
        $model = self::make($which);
        // Otherwise each date of each row asks the connection for it.
        $model->setDateFormat($model->getDateFormat());
        $now = $model->freshTimestampString();
        $defaults = $model->getAttributes();

        return array_map(static function (array $values) use ($model, $now, $defaults): array {
            $unset = array_filter($defaults, fn (string $name): bool => ! isset($values[$name]), ARRAY_FILTER_USE_KEY);

            return (clone $model)->forceFill(array_diff_key($values, $unset))->getAttributes() + ['created_at' => $now, 'updated_at' => $now];
        }, $rows);
    }

    /**
     * @param array<string, mixed> $values
     * @return array<string, mixed>
     */
    public static function row(string $which, array $values): array
    {
        return self::rows($which, [$values])[0];
    }
}
