<?php

declare(strict_types=1);

namespace WhatsAppBridge\Http\Controllers;

use Illuminate\Contracts\Auth\Access\Gate;
use Illuminate\Http\JsonResponse;
use Psr\Log\LoggerInterface;
use WhatsAppBridge\Client\SessionClient;
use WhatsAppBridge\Exceptions\ConflictException;
use WhatsAppBridge\Exceptions\NotFoundException;
use WhatsAppBridge\Exceptions\WhatsAppException;
use WhatsAppBridge\WhatsApp;

/** What `<x-whatsapp-qr>` polls. Whoever scans the QR links a phone, so that the gate `pair-whatsapp` decides who sees it. */
final class QrController
{
    public function __construct(
        private readonly Gate $gate,
        private readonly LoggerInterface $log,
    ) {
    }

    /** `{state, message, image}`; `image` is a data URL while there is a QR to scan. */
    public function __invoke(WhatsApp $whatsapp, string $session): JsonResponse
    {
        abort_unless($this->gate->allows('pair-whatsapp', $session), 403);

        try {
            return $this->answer(self::stateOf($whatsapp->session($session)));
        } catch (NotFoundException) {
            return $this->answer(['state' => null, 'message' => 'There is no such session.', 'image' => null], 404);
        } catch (WhatsAppException $error) {
            // The browser need not know what is wrong behind this application.
            $this->log->warning('WhatsApp: the QR could not be fetched', ['session' => $session, 'error' => $error->getMessage()]);

            return $this->answer(['state' => null, 'message' => 'WhatsApp cannot be asked right now.', 'image' => null], 503);
        }
    }

    /** @return array{state: string|null, message: string|null, image: string|null} */
    private static function stateOf(SessionClient $client): array
    {
        $status = $client->status();
        $image = null;
        if ($status->needsScan()) {
            try {
                $image = 'data:image/svg+xml;base64,'.base64_encode($client->qrSvg());
            } catch (ConflictException) {
                // It was scanned between the two questions; the next poll shows it.
            }
        }

        return ['state' => $status->state, 'message' => $status->reason['message'] ?? null, 'image' => $image];
    }

    /** @param  array<string, mixed>  $body */
    private function answer(array $body, int $status = 200): JsonResponse
    {
        return new JsonResponse($body, $status, ['Cache-Control' => 'no-store, private']);
    }
}
