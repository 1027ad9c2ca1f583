<?php

declare(strict_types=1);

namespace WhatsAppBridge\Http;

use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Log;
use Illuminate\Support\Facades\Validator;

/**
 * The body as it was signed. Not `$request->json()`: an application's middleware trims texts and makes null of empty
 * ones there.
 */
final class Payload
{
    private const ATTRIBUTE = 'whatsapp.payload';

    /** An id or a name: nothing in it that a database or a terminal may not take. */
    public const TEXT = ['required', 'string', 'max:191', 'not_regex:/[\\x00-\\x1f]/'];

    /** An escape of half a pair; whole pairs and other escapes are passed over. */
    private const LONE_SURROGATE = '/\\\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|[^u])(*SKIP)(*FAIL)|\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}/';

    /** @return array<string, mixed> empty when the body is no JSON object */
    public static function of(Request $request): array
    {
        if (! $request->attributes->has(self::ATTRIBUTE)) {
            $request->attributes->set(self::ATTRIBUTE, self::decode($request->getContent()));
        }

        return $request->attributes->get(self::ATTRIBUTE);
    }

    /** @return array<string, mixed> */
    private static function decode(string $body): array
    {
        $decoded = json_decode($body, true);
        if (json_last_error() === JSON_ERROR_UTF16) {
            // Half an emoji, from a text that was cut: JavaScript has such texts, PHP refuses the whole document for one.
            $decoded = json_decode((string) preg_replace(self::LONE_SURROGATE, '\\ufffd', $body), true);
        }

        return is_array($decoded) ? $decoded : [];
    }

    /**
     * What is wrong with the request's body, as the answer to it; null: it is as wanted. 422 makes the bridge put the
     * delivery aside for a person to look at, and go on with the next.
     *
     * @param array<string, mixed> $rules
     * @param string $list a field that must be an array, and may be empty: the validator passes over an empty text there
     */
    public static function refusal(Request $request, array $rules, string $list): ?JsonResponse
    {
        $payload = self::of($request);
        $id = static function (string $field, mixed $value, callable $fail): void {
            if ((! is_string($value) && ! is_int($value)) || preg_match('/^[^\x00-\x1f]{1,64}$/Du', (string) $value) !== 1) {
                $fail("$field must be a short text or a whole number");
            }
        };
        $errors = Validator::make($payload, $rules + [
            'delivery_id' => self::TEXT,
            'session_id' => ['required', $id],
            'workspace_id' => ['nullable', $id],
        ])->errors()->toArray();
        if (! is_array($payload[$list] ?? null)) {
            $errors[$list] = ["$list must be there, and an object or a list"];
        }
        $signedId = $request->headers->get('webhook-id');
        if ($errors === [] && $signedId !== null && $signedId !== $payload['delivery_id']) {
            $errors['delivery_id'] = ['delivery_id is not the one in webhook-id'];
        }

        return $errors === [] ? null : self::invalid($errors);
    }

    /** @param array<string, list<string>> $errors by field */
    public static function invalid(array $errors): JsonResponse
    {
        Log::channel('whatsapp')->error('A signed request cannot be understood; the bridge keeps it as a dead letter', ['fields' => array_keys($errors)]);

        return new JsonResponse(['message' => 'The payload is not valid.', 'errors' => $errors], 422);
    }
}
