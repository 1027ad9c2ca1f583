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
            Models::query('groups')->upsert(Models::rows('groups', $rows), ['whatsapp_session_id', 'group_jid'], ['workspace_id', 'name', 'participants', 'participants_count', 'updated_at']);
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
            $people = Participants::people($webhook->get('recipients'));
            $listed = $group->participants;
            // Where the bridge only counts people, there is no list to keep.
            $after = $listed === null ? null : Participants::after($listed, $webhook->event, Text::clip($webhook->get('action')) ?? '', $people);
            $count = $after === null ? $group->participants_count + Participants::difference($webhook->event, $people) : $group->participants_count + count($after) - count($listed);
            $group->forceFill(['participants' => $after, 'participants_count' => Text::count($count) ?? 0])->save();
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
        $values = [
            'workspace_id' => $session->workspace_id,
            'name' => Text::clip($group['subject'] ?? null) ?? $known?->name,
            'participants' => $participants,
            'participants_count' => Text::count($group['participants_count'] ?? null) ?? $known?->participants_count ?? count($participants ?? []),
        ];
        if ($known !== null && array_intersect_key($known->only(array_keys($values)), $values) == $values) {
            return null;
        }

        return $values + ['whatsapp_session_id' => $session->id, 'group_jid' => $group['group_jid']];
    }
}
