<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use Illuminate\Support\Collection;
use WhatsAppBridge\Models\WhatsAppGroup;
use WhatsAppBridge\Models\WhatsAppSession;
use WhatsAppBridge\Support\Models;
use WhatsAppBridge\Support\Text;
use WhatsAppBridge\Webhooks\Webhook;

/** The groups of a session, and who is in them. */
final class GroupStore
{
    /**
     * Writes groups that are new or have changed.
     *
     * @param list<array{group_jid: string, subject?: ?string, participants?: list<array<string, mixed>>, participants_count?: int}> $groups
     * @return array<string, int> the row's id by jid
     */
    public function save(WhatsAppSession $session, array $groups): array
    {
        $groups = array_column($groups, null, 'group_jid');
        if ($groups === []) {
            return [];
        }
        $known = $this->find($session, array_keys($groups));
        $rows = [];
        foreach ($groups as $jid => $group) {
            $row = $this->row($session, $group, $known->get($jid));
            if ($row !== null) {
                $rows[] = $row;
            }
        }
        if ($rows !== []) {
            Models::query('groups')->upsert($rows, ['whatsapp_session_id', 'group_jid'], ['workspace_id', 'name', 'participants', 'participants_count', 'updated_at']);
            $known = $known->count() === count($groups) ? $known : $this->find($session, array_keys($groups));
        }

        return $known->map(fn (WhatsAppGroup $group): int => $group->id)->all();
    }

    /** People came or went, became admins, or the subject changed. */
    public function change(WhatsAppSession $session, Webhook $webhook): void
    {
        $jid = InvalidPayload::requireText($webhook->data, 'group_jid');
        Models::transaction(function () use ($session, $webhook, $jid): void {
            $this->save($session, [['group_jid' => $jid] + ($webhook->get('action') === 'subject' ? ['subject' => $webhook->get('body')] : [])]);
            $group = $this->find($session, [$jid])->first();
            $people = array_values(array_filter(Text::map($webhook->get('recipients')), fn (mixed $person): bool => is_array($person) && is_string($person['jid'] ?? null)));
            $listed = $group->participants;
            $after = match (true) {
                $webhook->event === 'group.join' => $this->with($listed ?? [], $people),
                $webhook->event === 'group.leave' => $this->without($listed ?? [], $people),
                in_array($webhook->get('action'), ['promote', 'demote'], true) => $this->withAdmins($listed ?? [], $people, $webhook->get('action') === 'promote'),
                default => $listed ?? [],
            };
            // Where the bridge only counts people, there is no list to keep.
            $change = count($after) - count($listed ?? []);
            $group->forceFill($listed === null ? ['participants_count' => max(0, $group->participants_count + $this->countChange($webhook->event, $people))] : [
                'participants' => $after,
                'participants_count' => max(0, $group->participants_count + $change),
            ])->save();
        });
    }

    /**
     * @param list<string> $jids
     * @return Collection<string, WhatsAppGroup>
     */
    private function find(WhatsAppSession $session, array $jids): Collection
    {
        return Models::query('groups')->where('whatsapp_session_id', $session->id)->whereIn('group_jid', $jids)->lockForUpdate()->get()->keyBy('group_jid')->toBase();
    }

    /**
     * @param array<string, mixed> $group
     * @return array<string, mixed>|null null when nothing has changed
     */
    private function row(WhatsAppSession $session, array $group, ?WhatsAppGroup $known): ?array
    {
        $participants = is_array($group['participants'] ?? null) ? array_values(array_filter($group['participants'], 'is_array')) : $known?->participants;
        $count = $group['participants_count'] ?? null;
        $values = [
            'workspace_id' => $session->workspace_id,
            'name' => Text::clip($group['subject'] ?? null) ?? $known?->name,
            'participants' => $participants,
            'participants_count' => is_int($count) && $count >= 0 ? $count : ($known?->participants_count ?? count($participants ?? [])),
        ];
        if ($known !== null && array_intersect_key($known->only(array_keys($values)), $values) == $values) {
            return null;
        }

        return Models::row('groups', $values + ['whatsapp_session_id' => $session->id, 'group_jid' => $group['group_jid']]);
    }

    /**
     * @param list<array<string, mixed>> $listed
     * @param list<array<string, mixed>> $people
     * @return list<array<string, mixed>>
     */
    private function with(array $listed, array $people): array
    {
        $new = array_map(fn (array $person): array => ['jid' => $person['jid'], 'phone' => $person['phone'] ?? null, 'is_admin' => false], $people);

        return [...$listed, ...array_values(array_filter($new, fn (array $person): bool => ! $this->isAmong($person, $listed)))];
    }

    /**
     * @param list<array<string, mixed>> $listed
     * @param list<array<string, mixed>> $people
     * @return list<array<string, mixed>>
     */
    private function without(array $listed, array $people): array
    {
        return array_values(array_filter($listed, fn (array $person): bool => ! $this->isAmong($person, $people)));
    }

    /**
     * @param list<array<string, mixed>> $listed
     * @param list<array<string, mixed>> $people
     * @return list<array<string, mixed>>
     */
    private function withAdmins(array $listed, array $people, bool $isAdmin): array
    {
        return array_map(fn (array $person): array => $this->isAmong($person, $people) ? ['is_admin' => $isAdmin] + $person : $person, $listed);
    }

    /**
     * The same person may be known by a phone's jid in one place and by a LID in another.
     *
     * @param array<string, mixed> $person
     * @param list<array<string, mixed>> $people
     */
    private function isAmong(array $person, array $people): bool
    {
        $names = fn (array $one): array => array_filter([$one['jid'] ?? null, $one['lid'] ?? null, $one['phone'] ?? null]);
        foreach ($people as $other) {
            if (array_intersect($names($person), $names($other)) !== []) {
                return true;
            }
        }

        return false;
    }

    /** @param list<array<string, mixed>> $people */
    private function countChange(string $event, array $people): int
    {
        return match ($event) {
            'group.join' => count($people),
            'group.leave' => -count($people),
            default => 0,
        };
    }
}
