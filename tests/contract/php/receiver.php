<?php

declare(strict_types=1);

/**
 * A backend as a Laravel developer would write it, without Laravel: the front router of `php -S`.
 *
 * Environment: RECEIVER_SECRETS (separated by spaces), RECEIVER_FILE (accepted requests are appended to it, one JSON
 * object a line). Beside that file it keeps `<file>.bad` (one line for each request that was refused) and
 * `<file>.seen/` (one empty file for each delivery id).
 *
 * POST anywhere: 401 unless both signatures are right, 409 for a delivery id that was accepted before, else 202.
 * GET /__stats: {requests, accepted, duplicates, bad, webhooks, batches, chats, distinct_chats}
 */

require __DIR__.'/signatures.php';

$secrets = explode(' ', (string) getenv('RECEIVER_SECRETS'));
$file = (string) getenv('RECEIVER_FILE');

function answer(int $status, array $body): void
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode($body, JSON_THROW_ON_ERROR);
}

function header_value(string $name): string
{
    return (string) ($_SERVER['HTTP_'.strtoupper(strtr($name, '-', '_'))] ?? '');
}

function append_line(string $file, string $line): void
{
    // Several workers of `php -S` write to it.
    file_put_contents($file, $line."\n", FILE_APPEND | LOCK_EX);
}

function lines(string $file): iterable
{
    if (! is_file($file)) {
        return;
    }
    $handle = fopen($file, 'rb');
    while (($line = fgets($handle)) !== false) {
        yield rtrim($line, "\n");
    }
    fclose($handle);
}

function stats(string $file): array
{
    $stats = ['requests' => 0, 'accepted' => 0, 'duplicates' => 0, 'bad' => 0, 'webhooks' => 0, 'batches' => 0, 'chats' => 0];
    $chatIds = [];
    foreach (lines($file) as $line) {
        $payload = json_decode($line, true, 512, JSON_THROW_ON_ERROR)['payload'];
        $stats['accepted']++;
        $stats[isset($payload['chats']) ? 'batches' : 'webhooks']++;
        foreach ($payload['chats'] ?? [] as $chat) {
            $stats['chats']++;
            $chatIds[$chat['chat_id']] = true;
        }
    }
    foreach (lines($file.'.bad') as $line) {
        $stats[$line === 'duplicate' ? 'duplicates' : 'bad']++;
    }
    $stats['requests'] = $stats['accepted'] + $stats['duplicates'] + $stats['bad'];

    return $stats + ['distinct_chats' => count($chatIds)];
}

if ($_SERVER['REQUEST_METHOD'] === 'GET' && $_SERVER['REQUEST_URI'] === '/__stats') {
    answer(200, stats($file));

    return true;
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    answer(405, ['error' => 'only POST']);

    return true;
}

$raw = (string) file_get_contents('php://input');
$standard = ['id' => header_value('webhook-id'), 'timestamp' => header_value('webhook-timestamp'), 'signature' => header_value('webhook-signature')];

if (! plain_is_valid($secrets, $raw, header_value('X-Webhook-Signature')) || ! standard_is_valid($secrets, $raw, $standard, time())) {
    append_line($file.'.bad', 'signature');
    answer(401, ['error' => 'the signature is not valid']);

    return true;
}

$payload = json_decode($raw, true);
if (! is_array($payload) || ($payload['delivery_id'] ?? null) !== $standard['id']) {
    append_line($file.'.bad', 'payload');
    answer(422, ['error' => 'delivery_id is missing, or is not the one in webhook-id']);

    return true;
}

// `x` fails when the file exists: of two workers with the same delivery only one goes on.
$marker = @fopen($file.'.seen/'.hash('sha256', $standard['id']), 'x');
if ($marker === false) {
    append_line($file.'.bad', 'duplicate');
    answer(409, ['duplicate' => true]);

    return true;
}
fclose($marker);

append_line($file, json_encode([
    'path' => $_SERVER['REQUEST_URI'],
    'event' => header_value('X-Webhook-Event'),
    'attempt' => (int) header_value('X-Webhook-Attempt'),
    'authorization' => header_value('Authorization'),
    'payload' => $payload,
], JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES));
answer(202, ['accepted' => true]);

return true;
