<?php

declare(strict_types=1);

namespace WhatsAppBridge\Tests\App;

use Closure;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;

/**
 * The application on a bad day. While `trouble.json` lies in its storage (`{"percent": 20, "answers": [500, 429, "late"]}`), so
 * many of the requests that the bridge makes get one of these answers; `late`: the work is done, and yet the answer is 500.
 */
final class Trouble
{
    public function handle(Request $request, Closure $next): Response
    {
        $trouble = $request->isMethod('POST') && $request->is('api/whatsapp/*') ? json_decode((string) @file_get_contents(storage_path('trouble.json')), true) : null;
        if ($trouble === null || random_int(1, 100) > $trouble['percent']) {
            return $next($request);
        }
        $answer = $trouble['answers'][array_rand($trouble['answers'])];
        if ($answer === 'late') {
            $next($request);
        }
        file_put_contents(storage_path('trouble.log'), "$answer\n", FILE_APPEND | LOCK_EX);

        return new JsonResponse(['message' => 'Trouble.'], $answer === 'late' ? 500 : $answer, $answer === 429 ? ['Retry-After' => '1'] : []);
    }
}
