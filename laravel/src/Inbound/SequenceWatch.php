<?php

declare(strict_types=1);

namespace WhatsAppBridge\Inbound;

use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Database\Eloquent\Builder;
use Illuminate\Support\Facades\Log;
use WhatsAppBridge\Events\SequenceGapDetected;
use WhatsAppBridge\Models\WhatsAppSession;
use WhatsAppBridge\Support\Models;
use WhatsAppBridge\Webhooks\Webhook;

/**
 * Notices that events of a session are missing. Chats run beside one another, so that a number may come late; only what
 * has not come when its successor is minutes old is reported, once. It looks at most once a minute and session, from the
 * mark up to which it has seen every number.
 */
final class SequenceWatch
{
    private const GRACE_SECONDS = 300;

    private const EVERY_SECONDS = 60;

    private const MAX_ROWS = 5_000;

    public function __construct(private readonly Dispatcher $events)
    {
    }

    public function saw(Webhook $webhook): void
    {
        if ($webhook->sequence === 1) {
            $this->beginAnew($webhook);
        }
        $session = Models::query('sessions')->where('session_id', $webhook->sessionId)->first();
        if ($session !== null && $this->isTurn($session)) {
            $this->check($session);
        }
    }

    /** The bridge made the session anew: the numbers of the former one mean nothing any more. */
    private function beginAnew(Webhook $webhook): void
    {
        Models::query('deliveries')->where('session_id', $webhook->sessionId)->where('created_at', '<', now()->subSeconds(self::EVERY_SECONDS))
            ->where('delivery_id', '!=', $webhook->deliveryId)->update(['sequence' => null]);
        Models::query('sessions')->where('session_id', $webhook->sessionId)->update(['sequence_watermark' => 0]);
    }

    /** Of several workers only one gets it. */
    private function isTurn(WhatsAppSession $session): bool
    {
        // Seldom enough to write for it.
        if ($session->getAttribute('sequence_checked_at')?->gt(now()->subSeconds(self::EVERY_SECONDS))) {
            return false;
        }

        return Models::query('sessions')->whereKey($session->id)
            ->where(fn (Builder $due) => $due->whereNull('sequence_checked_at')->orWhere('sequence_checked_at', '<=', now()->subSeconds(self::EVERY_SECONDS)))
            ->update(['sequence_checked_at' => now()]) === 1;
    }

    private function check(WhatsAppSession $session): void
    {
        $mark = $session->getAttribute('sequence_watermark');
        $seen = Models::query('deliveries')->toBase()
            ->where('session_id', $session->session_id)->where('sequence', '>', $mark ?? 0)->whereNotNull('processed_at')
            ->orderBy('sequence')->limit(self::MAX_ROWS)->get(['sequence', 'processed_at']);
        $patience = now()->subSeconds(self::GRACE_SECONDS)->format('Y-m-d H:i:s');
        foreach ($seen as $one) {
            $sequence = (int) $one->sequence;
            // An application that joins an older session does not miss what was before it.
            $mark ??= $sequence - 1;
            if ($sequence > $mark + 1) {
                if ($one->processed_at > $patience) {
                    break;
                }
                $this->report($session, $mark + 1, $sequence - 1);
            }
            $mark = max($mark, $sequence);
        }
        if ($mark !== null) {
            Models::query('sessions')->whereKey($session->id)->update(['sequence_watermark' => $mark]);
        }
    }

    private function report(WhatsAppSession $session, int $from, int $to): void
    {
        Log::channel('whatsapp')->warning('Events of a session are missing: look at the dead letters of the bridge', ['session' => $session->session_id, 'from' => $from, 'to' => $to]);
        $this->events->dispatch(new SequenceGapDetected($session->session_id, $from, $to));
    }
}
