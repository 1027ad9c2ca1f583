import type { ChatMark } from '../hub-contract.js';

/** What is kept of an account. */
const MOST = 500;

/** What the other side sees of an account besides its messages. It is of the moment, as at WhatsApp: a restart of the hub forgets it. */
export class ChatMarks {
  readonly #marks = new Map<string, ChatMark[]>();

  add(phone: string, chat: string, mark: ChatMark['mark']): void {
    const marks = this.#marks.get(phone) ?? [];
    marks.push({ chat, mark, at: Date.now() });
    this.#marks.set(phone, marks.slice(-MOST));
  }

  of(phone: string): ChatMark[] {
    return [...(this.#marks.get(phone) ?? [])];
  }
}
