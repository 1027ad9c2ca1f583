<?php

declare(strict_types=1);

namespace WhatsAppBridge\Support;

use Closure;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Database\Schema\Builder;
use Illuminate\Database\Schema\ColumnDefinition;

/** Tables of the package's migrations: what is there already is left as it is. */
final class TableChanges
{
    private readonly Builder $schema;

    public function __construct()
    {
        $this->schema = Models::connection()->getSchemaBuilder();
    }

    /**
     * Creates a table, or adds the columns that it lacks. Each column must be nullable or have a default, so that rows
     * that exist stay valid.
     *
     * @param array<string, Closure(Blueprint): mixed> $columns
     * @return bool whether it was created
     */
    public function ensure(string $name, array $columns): bool
    {
        if (! $this->schema->hasTable($name)) {
            $this->schema->create($name, function (Blueprint $table) use ($columns): void {
                $table->id();
                foreach ($columns as $add) {
                    $add($table);
                }
            });

            return true;
        }
        $missing = array_filter($columns, fn (string $column): bool => ! $this->schema->hasColumn($name, $column), ARRAY_FILTER_USE_KEY);
        if ($missing !== []) {
            $this->schema->table($name, fn (Blueprint $table) => array_walk($missing, fn (Closure $add) => $add($table)));
        }

        return false;
    }

    /** An id of WhatsApp or of the bridge: compared byte by byte, also where the database by default ignores case. */
    public static function id(Blueprint $table, string $column, int $length = 191): ColumnDefinition
    {
        $definition = $table->string($column, $length)->nullable();

        return in_array(Models::connection()->getDriverName(), ['mysql', 'mariadb'], true) ? $definition->charset('utf8mb4')->collation('utf8mb4_bin') : $definition;
    }
}
