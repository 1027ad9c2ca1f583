<?php

declare(strict_types=1);

namespace WhatsAppBridge\Http\Middleware;

use Closure;
use Illuminate\Cache\RateLimiter;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;
use WhatsAppBridge\Http\Payload;

/**
 * So many chat sync requests a minute and session. It stands after the signature check: what a stranger sends counts for nobody.
 */
final class ThrottleWhatsAppSync
{
    private const WINDOW_SECONDS = 60;

    public function __construct(private readonly RateLimiter $limiter)
    {
    }

    public function handle(Request $request, Closure $next): Response
    {
        $session = Payload::of($request)['session_id'] ?? '';
        $key = 'whatsapp-sync:'.sha1(is_scalar($session) ? (string) $session : '');
        // Hit first, then compare: between a look and a hit, others would slip through.
        if ($this->limiter->hit($key, self::WINDOW_SECONDS) > (int) config('whatsapp.sync_per_minute')) {
            $seconds = max(1, $this->limiter->availableIn($key));

            return new JsonResponse(['message' => 'Too many chat syncs of this session.', 'retry_after' => $seconds], 429, ['Retry-After' => (string) $seconds]);
        }

        return $next($request);
    }
}
