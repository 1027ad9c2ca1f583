<?php

declare(strict_types=1);

namespace WhatsAppBridge\Http\Controllers;

use Illuminate\Contracts\Bus\Dispatcher;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use WhatsAppBridge\Http\Payload;
use WhatsAppBridge\Inbound\DeliveryLedger;
use WhatsAppBridge\Jobs\WhatsAppChatSyncJob;

/** Takes a batch of chats and queues it. */
final class ChatSyncController
{
    public function __invoke(Request $request, DeliveryLedger $deliveries, Dispatcher $jobs): JsonResponse
    {
        $refusal = Payload::refusal($request, [
            'sync_id' => Payload::TEXT,
            'batch' => ['required', 'array'],
            'batch.number' => ['required', 'integer', 'min:1'],
            'batch.last' => ['required', 'boolean'],
            // Not `chats.*`: for that the validator takes every participant of every group in hand.
            'chats' => ['max:50', $this->eachIsAnObject(...)],
        ], 'chats');
        if ($refusal !== null) {
            return $refusal;
        }
        $batch = Payload::of($request);

        // Whatever the application's `after_commit` says: a job that is only remembered could be lost.
        $push = fn () => $jobs->dispatch((new WhatsAppChatSyncJob($batch))->beforeCommit());
        $delivery = $batch + ['event' => 'chats.sync'];

        return ($this->isQueued() ? $deliveries->queue($delivery, $push) : $deliveries->once($delivery, $push))->toResponse();
    }

    /** The driver `sync` does the work at once, which is no matter for one transaction. */
    private function isQueued(): bool
    {
        return config('queue.connections.'.(config('whatsapp.queue.connection') ?? config('queue.default')).'.driver') !== 'sync';
    }

    private function eachIsAnObject(string $field, mixed $chats, callable $fail): void
    {
        if (is_array($chats) && (! array_is_list($chats) || array_filter($chats, 'is_array') !== $chats)) {
            $fail("$field must be a list of objects");
        }
    }
}
