<?php

declare(strict_types=1);

namespace WhatsAppBridge\Services;

use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\Model;
use InvalidArgumentException;
use Ramsey\Uuid\Uuid;
use WhatsAppBridge\Support\Models;
use WhatsAppBridge\Support\PhoneNumber;
use WhatsAppBridge\Support\Text;

/** Contacts by phone number: one per workspace and number. */
final class ContactProvisioningService
{
    /** Makes the same uuid of the same workspace and number, so that of two workers only one can insert it. */
    private const NAMESPACE = 'b3c0a9c2-5d0e-5d57-9f0a-3f2f6f1b7a11';

    /**
     * The workspace's contact with this number, made when there is none. A name that it has is kept.
     *
     * @param string $phone any spelling that a person types
     * @throws InvalidArgumentException when it is no phone number
     */
    public function getOrCreateContact(string $phone, ?string $name, int|string|null $workspaceId): Model
    {
        $formatted = $this->formatPhone($phone) ?? throw new InvalidArgumentException('This is no phone number.');
        $id = $this->getOrCreateMany([$formatted => $name], $workspaceId)[$formatted];

        return Models::query('contacts')->findOrFail($id);
    }

    /** E.164, or null when it is no phone number. Without a country code it is read as one of `whatsapp.phone`. */
    public function formatPhone(string $phone): ?string
    {
        return PhoneNumber::format($phone);
    }

    /**
     * The same for several people, in three queries.
     *
     * @param array<string, string|null> $names by number in E.164
     * @return array<string, int|string> the contact's key by number
     */
    public function getOrCreateMany(array $names, int|string|null $workspaceId): array
    {
        if ($names === []) {
            return [];
        }
        // PHP makes integers of keys that look like them; a `+` keeps ours texts.
        $known = $this->find(array_keys($names), $workspaceId);
        $new = [];
        foreach (array_diff_key($names, $known) as $phone => $name) {
            $new[] = [
                'uuid' => Uuid::uuid5(self::NAMESPACE, "$workspaceId|$phone")->toString(),
                'workspace_id' => $workspaceId,
                'phone' => $phone,
                'name' => Text::clip($name),
            ];
        }
        if ($new !== []) {
            Models::query('contacts')->insertOrIgnore(Models::rows('contacts', $new));
            $known = $this->find(array_keys($names), $workspaceId);
        }
        $this->nameTheNameless($known, $names);

        return array_map(fn (Model $contact) => $contact->getKey(), $known);
    }

    /**
     * @param list<string> $phones
     * @return array<string, Model> by number; of several with one number the oldest
     */
    private function find(array $phones, int|string|null $workspaceId): array
    {
        return Models::query('contacts')
            ->whereIn('phone', $phones)
            ->when($workspaceId === null, fn (Builder $query) => $query->whereNull('workspace_id'), fn (Builder $query) => $query->where('workspace_id', $workspaceId))
            ->orderByDesc('id')
            ->get()
            ->keyBy('phone')
            ->all();
    }

    /**
     * @param array<string, Model> $contacts
     * @param array<string, string|null> $names
     */
    private function nameTheNameless(array $contacts, array $names): void
    {
        foreach ($contacts as $phone => $contact) {
            if (($contact->getAttribute('name') ?? '') === '' && ($names[$phone] ?? '') !== '') {
                $contact->forceFill(['name' => Text::clip($names[$phone])])->save();
            }
        }
    }
}
