<?php

declare(strict_types=1);

/**
 * Checks every vector with PHP's own functions.
 *
 *   php tests/contract/php/verify-vectors.php [path/to/vectors.json]
 *
 * One line for each vector that fails, then `<number> vectors, <number> failed`. Exit code 0 only when none failed.
 */

require __DIR__.'/signatures.php';

$path = $argv[1] ?? __DIR__.'/../signature-vectors.json';
$vectors = json_decode((string) file_get_contents($path), true, 512, JSON_THROW_ON_ERROR)['vectors'];
$failed = 0;

foreach ($vectors as $vector) {
    $problems = [];
    $raw = base64_decode($vector['body_base64'], true);

    if ($raw !== $vector['body']) {
        $problems[] = 'body and body_base64 differ';
    }
    if (! hash_equals($vector['expected_plain'], plain_signature($vector['secrets'][0], $raw))) {
        $problems[] = 'the plain signature differs';
    }

    $standard = array_map(
        fn (string $secret): string => standard_signature($secret, $vector['delivery_id'], (string) $vector['timestamp'], $raw),
        $vector['secrets'],
    );
    if (! hash_equals($vector['expected_standard'], implode(' ', $standard))) {
        $problems[] = 'the standard signature differs';
    }

    // A receiver knows one secret: during a rotation each one must be enough by itself.
    foreach ($vector['secrets'] as $number => $secret) {
        $headers = ['id' => $vector['delivery_id'], 'timestamp' => (string) $vector['timestamp'], 'signature' => $vector['expected_standard']];
        if (! standard_is_valid([$secret], $raw, $headers, $vector['timestamp'] + 300)) {
            $problems[] = "not accepted with secret $number alone";
        }
        if (standard_is_valid([$secret], $raw, $headers, $vector['timestamp'] + 301)) {
            $problems[] = "accepted after its time with secret $number";
        }
        if (standard_is_valid([$secret], $raw.' ', $headers, $vector['timestamp'])) {
            $problems[] = "accepted with another body and secret $number";
        }
    }

    if ($problems !== []) {
        $failed++;
        echo $vector['name'], ': ', implode('; ', $problems), PHP_EOL;
    }
}

echo count($vectors), ' vectors, ', $failed, ' failed', PHP_EOL;
exit($failed === 0 && $vectors !== [] ? 0 : 1);
