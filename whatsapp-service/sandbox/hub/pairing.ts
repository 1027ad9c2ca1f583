import { randomBytes } from 'node:crypto';

export interface PairingView {
  /** Null while no code is shown. */
  ref: string | null;
  refreshes: number;
  code: string | null;
  /** The phone that the code is for. */
  phone: string | null;
}

export type PairingPush = (frame: { p: 'ref'; ref: string } | { p: 'idle' }) => void;

/** Letters and digits that WhatsApp uses in pairing codes: none that look alike. */
const CODE_LETTERS = '123456789ABCDEFGHJKLMNPQRSTVWXYZ';

/** The QR codes of one page that is not linked: a new one every so often, and after some of them it idles until it is asked. */
export class Pairing {
  readonly #push: PairingPush;
  readonly #timing: () => { qr_refresh_ms: number; qr_max_refreshes: number };
  #ref: string | null = null;
  #refreshes = 0;
  #code: string | null = null;
  #phone: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(push: PairingPush, timing: () => { qr_refresh_ms: number; qr_max_refreshes: number }) {
    this.#push = push;
    this.#timing = timing;
    this.refresh();
  }

  view(): PairingView {
    return { ref: this.#ref, refreshes: this.#refreshes, code: this.#code, phone: this.#phone };
  }

  /** A first code, or one that was asked for: counting starts again. */
  refresh(): void {
    this.#refreshes = 0;
    this.#show();
  }

  #show(): void {
    this.#ref = `2@${randomBytes(48).toString('base64')}`;
    this.#push({ p: 'ref', ref: this.#ref });
    this.restartTimer();
  }

  /** Also after the timing has been changed. */
  restartTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#ref === null) return;
    this.#timer = setTimeout(() => {
      if (this.#refreshes >= this.#timing().qr_max_refreshes) return this.idle();
      this.#refreshes += 1;
      this.#show();
    }, this.#timing().qr_refresh_ms);
  }

  idle(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#ref = null;
    this.#push({ p: 'idle' });
  }

  /** A code of eight letters for linking with this phone number. */
  makeCode(phone: string): string {
    this.#phone = phone;
    this.#code = Array.from(randomBytes(8), (byte) => CODE_LETTERS[byte % CODE_LETTERS.length]).join('');
    return this.#code;
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#ref = null;
    this.#code = null;
    this.#phone = null;
  }
}
