<?php

declare(strict_types=1);

namespace WhatsAppBridge\Testing;

use WhatsAppBridge\Client\BridgeAnswer;
use WhatsAppBridge\Client\BridgeRequest;
use WhatsAppBridge\Client\Transport;
use WhatsAppBridge\Exceptions\ErrorCode;
use WhatsAppBridge\Exceptions\WhatsAppApiException;

/** Sends nothing; keeps what would have been sent, and answers as a bridge does on which all goes well. */
final class FakeTransport implements Transport
{
    /** @var list<BridgeRequest> */
    private array $requests = [];

    /** @var list<array{string, string, array<string, mixed>|WhatsAppApiException}> method, pattern, answer; the last that fits answers */
    private array $answers = [];

    /** @var array<string, BridgeAnswer> by idempotency key, as the bridge keeps them */
    private array $known = [];

    private int $count = 0;

    public function send(BridgeRequest $request): BridgeAnswer
    {
        $key = $request->idempotencyKey;
        if ($key !== null && isset($this->known[$key])) {
            return $this->known[$key];
        }
        // Read as they would have been: what is wrong with a row comes to light here, too.
        $rows = $request->lines === null ? 0 : substr_count($request->lines->stream()->getContents(), "\n");
        $answer = $this->answerTo($request, $rows);
        $this->requests[] = $request;
        if ($key !== null) {
            $this->known[$key] = $answer;
        }

        return $answer;
    }

    /** @return list<BridgeRequest> */
    public function requests(): array
    {
        return $this->requests;
    }

    /** @param  array<string, mixed>|WhatsAppApiException  $answer */
    public function answer(string $method, string $pattern, array|WhatsAppApiException $answer): void
    {
        array_unshift($this->answers, [strtoupper($method), $pattern, $answer]);
    }

    /** The exception that the bridge's answer with this code becomes. */
    public static function error(ErrorCode $code, array $details = []): WhatsAppApiException
    {
        $class = $code->exception();

        return new $class($code->status(), $code->value, 'An error of WhatsApp::fake().', 'req_fake', $details);
    }

    private function answerTo(BridgeRequest $request, int $rows): BridgeAnswer
    {
        foreach ($this->answers as [$method, $pattern, $answer]) {
            if ($method === $request->method && fnmatch($pattern, $request->path)) {
                return $answer instanceof WhatsAppApiException ? throw $answer : self::json($answer);
            }
        }

        return match (true) {
            $request->accept === 'image/svg+xml' => new BridgeAnswer(200, '<svg xmlns="http://www.w3.org/2000/svg"/>', $request->accept),
            $request->accept !== 'application/json' => new BridgeAnswer(200, '', $request->accept),
            $request->lines !== null => self::json(['rows' => $rows, 'added' => $rows, 'updated' => 0, 'accepted' => $rows, 'duplicates' => 0, 'invalid' => 0, 'invalid_rows' => []]),
            default => self::json($this->plausible($request)),
        };
    }

    /** @return array<string, mixed> */
    private function plausible(BridgeRequest $request): array
    {
        $id = sprintf('%032x', ++$this->count);
        $body = $request->body;

        return match (true) {
            $request->method === 'POST' && $request->path === '/api/messages' => [
                'id' => 'msg_'.$id,
                'session_id' => $body['session_id'] ?? null,
                'to' => $body['to'] ?? null,
                'type' => $body['type'] ?? 'text',
                'state' => isset($request->query['wait']) ? 'sent' : 'queued',
            ],
            $request->method === 'POST' && $request->path === '/api/whatsapp/blast/start' => [
                'job' => ['id' => 'bls_'.$id, 'state' => ($body['draft'] ?? false) ? 'DRAFT' : 'RUNNING', 'skipRecipientsInAddress' => $body['skipRecipientsInAddress'] ?? true],
                'accepted' => count($body['recipients'] ?? []),
                'duplicates' => 0,
                'invalid' => 0,
                'invalid_rows' => [],
            ],
            (bool) preg_match('~^/api/whatsapp/blast/(bls_[^/]+)(?:/(pause|resume|stop))?$~', $request->path, $found) => [
                'id' => $found[1],
                'state' => ['pause' => 'PAUSED', 'stop' => 'STOPPED'][$found[2] ?? ''] ?? 'RUNNING',
            ],
            $request->path === '/api/numbers/check' => [
                'results' => array_map(fn ($number) => ['input' => $number, 'phone' => null, 'jid' => null, 'on_whatsapp' => true, 'cached' => false], $body['numbers'] ?? []),
            ],
            $request->path === '/api/media' => ['id' => 'med_'.$id],
            $request->path === '/api/sessions' && $request->method === 'POST' => ['id' => $body['id'] ?? null, 'workspace_id' => $body['workspace_id'] ?? null, 'state' => 'STARTING'],
            $request->path === '/api/sessions' => ['sessions' => []],
            (bool) preg_match('~^/api/sessions/([^/]+)(/(start|restart|stop|logout))?$~', $request->path, $found) => [
                'id' => rawurldecode($found[1]),
                'state' => in_array($found[3] ?? '', ['stop', 'logout'], true) ? 'STOPPED' : 'WORKING',
            ],
            default => [],
        };
    }

    /** @param  array<string, mixed>  $answer */
    private static function json(array $answer): BridgeAnswer
    {
        return new BridgeAnswer(200, (string) json_encode($answer));
    }
}
