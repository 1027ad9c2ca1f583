<?php

declare(strict_types=1);

namespace WhatsAppBridge\Http\Controllers;

use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use WhatsAppBridge\Http\Payload;
use WhatsAppBridge\Inbound\DeliveryLedger;
use WhatsAppBridge\Inbound\InvalidPayload;
use WhatsAppBridge\Inbound\SequenceWatch;
use WhatsAppBridge\Inbound\WebhookHandler;
use WhatsAppBridge\Webhooks\Webhook;

/**
 * Takes one event, and answers when it is stored and its listeners have run. Not queued: the bridge sends the events of
 * one chat one after the other and waits for each answer, which is what keeps their order with any number of workers.
 */
final class WebhookController
{
    public function __invoke(Request $request, DeliveryLedger $deliveries, WebhookHandler $handler, SequenceWatch $sequence): JsonResponse
    {
        $refusal = Payload::refusal($request, [
            'event' => [...Payload::TEXT, 'max:64'],
            'event_id' => Payload::TEXT,
            'sequence' => ['required', 'integer', 'min:1'],
        ], 'data');
        if ($refusal !== null) {
            return $refusal;
        }
        $payload = Payload::of($request);
        $webhook = Webhook::fromPayload($payload);
        try {
            $outcome = $deliveries->once($payload, fn () => $handler->handle($webhook));
        } catch (InvalidPayload $invalid) {
            return Payload::invalid(['data.'.$invalid->field => [$invalid->getMessage()]]);
        }
        $sequence->saw($webhook);

        return $outcome->toResponse();
    }
}
