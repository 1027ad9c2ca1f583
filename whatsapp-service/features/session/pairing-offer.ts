import { SESSION_REASONS } from '../../contracts/states.js';
import type { NewEvent } from '../../outbox/outbox-store.js';

export interface CurrentQr {
  qr: string;
  attempt: number;
  receivedAt: number;
}

/** WhatsApp Web shows a QR for about this long. */
const QR_SECONDS = 20;
/** And takes a pairing code for about this long. */
export const PAIRING_CODE_MS = 180_000;

/** What one start of a session offers to a phone: the QR that counts now, and whether a code is being typed. */
export class PairingOffer {
  qr: CurrentQr | null = null;
  private shown = 0;
  private codeUntil = 0;

  constructor(
    /** QRs that one start may show; 0: no limit. */
    private readonly limit: number,
  ) {}

  /** The phone has accepted, or nobody is asked any more. */
  clear(): void {
    this.qr = null;
    this.codeUntil = 0;
  }

  restart(): void {
    this.clear();
    this.shown = 0;
  }

  /** Null: nobody has scanned any of the QRs before, and this one is one too many. */
  take(qr: string, now: number): CurrentQr | null {
    const typing = now < this.codeUntil;
    if (this.limit > 0 && this.shown >= this.limit && !typing) return null;
    this.qr = { qr, attempt: ++this.shown, receivedAt: now };
    return this.qr;
  }

  typingCode(now: number): void {
    this.codeUntil = now + PAIRING_CODE_MS;
  }

  event({ qr, attempt, receivedAt }: CurrentQr): NewEvent<'session.qr'> {
    const data = { qr, attempt, expires_in_seconds: QR_SECONDS, code: 'waiting_for_scan', message: SESSION_REASONS.waiting_for_scan.message };
    return { name: 'session.qr', chatId: null, dedupeKey: `qr:${receivedAt}:${attempt}`, at: receivedAt, data };
  }
}
