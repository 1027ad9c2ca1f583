<?php

declare(strict_types=1);

namespace WhatsAppBridge\Console;

use RuntimeException;

/** An `.env` file: lines are changed or added one by one, everything else stays as it is. */
final class EnvFile
{
    private string $text;

    public function __construct(public readonly string $path)
    {
        $this->text = is_file($path) ? (string) file_get_contents($path) : '';
    }

    /** What the file says, without its quotes; null when the name is not there. The last line counts, as it does when it is loaded. */
    public function get(string $name): ?string
    {
        if (! preg_match_all($this->pattern($name), $this->text, $found)) {
            return null;
        }

        return trim((string) end($found[1]), " \t\"'");
    }

    public function has(string $name): bool
    {
        return (string) $this->get($name) !== '';
    }

    public function set(string $name, string $value): void
    {
        if (preg_match('/[\r\n]/', $value)) {
            throw new RuntimeException("{$name} may not have line breaks.");
        }
        $line = $name.'='.(preg_match('/[\s#"\'$\\\\]/', $value) ? '"'.addcslashes($value, '"$\\').'"' : $value);
        $count = 0;
        $this->text = (string) preg_replace_callback($this->pattern($name), fn () => $line, $this->text, -1, $count);
        if ($count === 0) {
            $this->text .= ($this->text === '' || str_ends_with($this->text, "\n") ? '' : "\n").$line."\n";
        }
    }

    /** Set together, below a blank line and a comment where none of them was there. @param  array<string, string>  $values */
    public function setAll(array $values, string $comment): void
    {
        $isNew = array_filter(array_keys($values), fn (string $name) => $this->get($name) !== null) === [];
        if ($isNew && $values !== []) {
            $this->text = rtrim($this->text, "\n").($this->text === '' ? '' : "\n\n")."# {$comment}\n";
        }
        foreach ($values as $name => $value) {
            $this->set($name, $value);
        }
    }

    /** Readable by its owner alone when it is new: it holds secrets. Written whole or not at all. */
    public function save(): void
    {
        $part = $this->path.'.'.bin2hex(random_bytes(4)).'.tmp';
        $mode = is_file($this->path) ? fileperms($this->path) & 0777 : 0600;
        if (@file_put_contents($part, '') === false || ! chmod($part, $mode) || file_put_contents($part, $this->text) === false || ! rename($part, $this->path)) {
            @unlink($part);
            throw new RuntimeException("{$this->path} cannot be written.");
        }
    }

    private function pattern(string $name): string
    {
        return '/^[ \t]*(?:export[ \t]+)?'.preg_quote($name, '/').'[ \t]*=[ \t]*(.*?)[ \t]*$/m';
    }
}
