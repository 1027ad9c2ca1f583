<?php

declare(strict_types=1);

namespace WhatsAppBridge\Http\Controllers;

use Illuminate\Contracts\Auth\Access\Gate;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use WhatsAppBridge\Services\HealthReport;

/** Whether messages come through: for monitoring, and with figures for those who may see them. */
final class HealthController
{
    public const ABILITY = 'viewWhatsAppHealth';

    public function __invoke(Request $request, HealthReport $health, Gate $gate): JsonResponse
    {
        $report = $health->report();
        $body = $this->mayRead($request, $gate) ? $report : ['status' => $report['status']];

        return new JsonResponse($body, $report['status'] === 'down' ? 503 : 200, ['Cache-Control' => 'no-store']);
    }

    private function mayRead(Request $request, Gate $gate): bool
    {
        $token = (string) config('whatsapp.health_token');
        if ($token !== '' && hash_equals($token, (string) $request->bearerToken())) {
            return true;
        }

        return app()->environment('local', 'testing') || ($gate->has(self::ABILITY) && $request->user() !== null && $gate->forUser($request->user())->allows(self::ABILITY));
    }
}
