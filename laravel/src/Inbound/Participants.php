<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use WhatsAppBridge\Support\Text;

/** Who is in a group after a change of it. Pure: lists in, lists out. */
final class Participants
{
    /** @return list<array<string, mixed>> what of a payload's `recipients` names somebody */
    public static function people(mixed $recipients): array
    {
        return is_array($recipients) ? array_values(array_filter($recipients, fn (mixed $person): bool => is_array($person) && is_string($person['jid'] ?? null))) : [];
    }

    /**
     * @param list<array<string, mixed>> $listed
     * @param string $event `group.join`, `group.leave` or `group.update`
     * @param string $action WhatsApp's word: `promote` and `demote` change who is an admin
     * @param list<array<string, mixed>> $people
     * @return list<array<string, mixed>>
     */
    public static function after(array $listed, string $event, string $action, array $people): array
    {
        return match (true) {
            $event === 'group.join' => [...$listed, ...self::newcomers($listed, $people)],
            $event === 'group.leave' => array_values(array_filter($listed, fn (array $person): bool => ! self::isAmong($person, $people))),
            $action === 'promote', $action === 'demote' => array_map(fn (array $person): array => self::isAmong($person, $people) ? ['is_admin' => $action === 'promote'] + $person : $person, $listed),
            default => $listed,
        };
    }

    /**
     * How many more there are then, where they are only counted.
     *
     * @param list<array<string, mixed>> $people
     */
    public static function difference(string $event, array $people): int
    {
        return match ($event) {
            'group.join' => count($people),
            'group.leave' => -count($people),
            default => 0,
        };
    }

    /**
     * @param list<array<string, mixed>> $listed
     * @param list<array<string, mixed>> $people
     * @return list<array<string, mixed>>
     */
    private static function newcomers(array $listed, array $people): array
    {
        $new = array_filter($people, fn (array $person): bool => ! self::isAmong($person, $listed));

        return array_values(array_map(fn (array $person): array => ['jid' => $person['jid'], 'phone' => Text::clip($person['phone'] ?? null, 32), 'is_admin' => false], $new));
    }

    /**
     * The same person may be known by a phone's jid in one place and by a LID in another.
     *
     * @param array<string, mixed> $person
     * @param list<array<string, mixed>> $people
     */
    private static function isAmong(array $person, array $people): bool
    {
        $names = fn (array $one): array => array_filter([$one['jid'] ?? null, $one['lid'] ?? null, $one['phone'] ?? null], fn (mixed $name): bool => is_string($name) && $name !== '');
        foreach ($people as $other) {
            if (array_intersect($names($person), $names($other)) !== []) {
                return true;
            }
        }

        return false;
    }
}
