<?php

declare(strict_types=1);

namespace WhatsAppBridge\Http\Middleware;

use Closure;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Log;
use Symfony\Component\HttpFoundation\Response;
use WhatsAppBridge\Webhooks\SignatureVerifier;

/**
 * Lets only requests pass that the bridge has signed. Every refusal has the same answer; its reason is only in the log.
 * Without a secret nothing passes: 503, which the bridge repeats later.
 */
final class ValidateWhatsAppWebhook
{
    public function handle(Request $request, Closure $next): Response
    {
        $verifier = new SignatureVerifier([config('whatsapp.secret'), config('whatsapp.previous_secret')], (int) config('whatsapp.tolerance'));
        if (! $verifier->hasSecret()) {
            Log::channel('whatsapp')->critical('WHATSAPP_SECRET is missing or cannot be read: every request of the bridge is refused until it is set');

            return new JsonResponse(['message' => 'Not ready.'], 503);
        }
        $problem = $this->problem($verifier, $request);
        if ($problem !== null) {
            Log::channel('whatsapp')->warning('A request was refused', ['reason' => $problem, 'path' => $request->path(), 'ip' => $request->ip()]);

            return new JsonResponse(['message' => 'Unauthorized.'], 401);
        }

        return $next($request);
    }

    private function problem(SignatureVerifier $verifier, Request $request): ?string
    {
        $body = $request->getContent();
        $header = fn (string $name): string => (string) $request->headers->get($name, '');
        $problem = $verifier->plainProblem($body, $header('X-Webhook-Signature'));
        if ($problem !== null || ! filter_var(config('whatsapp.require_timestamp'), FILTER_VALIDATE_BOOL)) {
            return $problem;
        }

        return $verifier->standardProblem($body, $header('webhook-id'), $header('webhook-timestamp'), $header('webhook-signature'), now()->getTimestamp());
    }
}
