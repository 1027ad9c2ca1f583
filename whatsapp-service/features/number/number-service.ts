import type { Config } from '../../config/config.js';
import type { CheckNumbers, NumberReason, NumberResult } from '../../contracts/number-api.js';
import { iso, type Clock } from '../../shared/clock.js';
import { asSessionId, type SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { parseRecipient, phoneFromJid } from '../../shared/phone.js';
import type { Db, Storage } from '../../storage/database.js';
import type { NumberCheckRow } from '../../storage/schema.js';
import type { Directory } from '../../whatsapp/directory.js';
import { answered } from '../../whatsapp/provider-answer.js';
import { findChecks, forgetChecks, saveChecks } from './number-store.js';

export interface NumberServiceOptions {
  storage: Storage;
  config: Pick<Config, 'defaultCountry' | 'numberCheckTtlMs'>;
  /** Rejects with the error that the caller is to see. */
  requireSession(id: SessionId): Promise<unknown>;
  /** The same unless the session works. */
  working(id: SessionId): Promise<{ directory: Directory }>;
  /** WhatsApp knows these numbers by these LIDs. In the transaction in which that is written down. */
  lidsLearned(trx: Db, id: SessionId, people: readonly { phone: string; lid: string }[]): Promise<void>;
  clock: Clock;
  logger: Logger;
}

/** Numbers of one call into the page. What a call has answered is kept, also when a later one fails. */
const SLICE = 50;

interface Answer extends NumberCheckRow {
  cached: boolean;
}

/** Tells which numbers are on WhatsApp, and remembers it for a while. */
export class NumberService {
  constructor(private readonly options: NumberServiceOptions) {}

  /** One result for each number, in their order, however often it is there. */
  async check(input: CheckNumbers): Promise<NumberResult[]> {
    const id = asSessionId(String(input.session_id));
    await this.options.requireSession(id);
    const wanted = input.numbers.map((number) => ({ input: number, person: this.personOf(number) }));
    const jids = [...new Set(wanted.flatMap(({ person }) => person?.jid ?? []))];
    const answers = await this.answersFor(id, jids, input.refresh);
    return wanted.map(({ input: number, person }) => (person ? resultOf(number, person, answers.get(person.jid)) : unknown(number, null, 'invalid_phone')));
  }

  /** Forgets what is too old to be answered. */
  async forgetOld(): Promise<void> {
    const { storage, clock, config } = this.options;
    await forgetChecks(storage.db, clock.now() - config.numberCheckTtlMs);
  }

  private personOf(number: string): Person | null {
    const recipient = parseRecipient(number, this.options.config.defaultCountry);
    if (!recipient || recipient.kind === 'group') return null;
    return { jid: recipient.chatId, phone: recipient.kind === 'user' ? recipient.phone : null };
  }

  private async answersFor(id: SessionId, jids: readonly string[], refresh: boolean): Promise<Map<string, Answer>> {
    const { storage, clock, config } = this.options;
    const known = refresh ? [] : await findChecks(storage.db, id, jids, clock.now() - config.numberCheckTtlMs);
    const answers = new Map(known.map((row) => [row.jid, { ...row, cached: true }]));
    const open = jids.filter((jid) => !answers.has(jid));
    if (open.length === 0) return answers;
    const { directory } = await this.options.working(id);
    for (let from = 0; from < open.length; from += SLICE) {
      for (const row of await this.ask(id, directory, open.slice(from, from + SLICE))) answers.set(row.jid, { ...row, cached: false });
    }
    return answers;
  }

  private async ask(id: SessionId, directory: Directory, jids: readonly string[]): Promise<NumberCheckRow[]> {
    const { storage, clock, logger } = this.options;
    const checks = await answered(directory.checkNumbers(jids), logger);
    const now = clock.now();
    const rows = checks.flatMap(({ jid, exists, canonicalJid }): NumberCheckRow[] =>
      exists === null ? [] : [{ session_id: id, jid, on_whatsapp: exists ? 1 : 0, canonical_jid: canonicalJid, checked_at: now }],
    );
    await storage.transaction(async (trx) => {
      await saveChecks(trx, rows);
      await this.options.lidsLearned(trx, id, rows.flatMap(withLid));
    });
    return rows;
  }
}

interface Person {
  jid: string;
  phone: string | null;
}

function withLid({ jid, canonical_jid: lid }: NumberCheckRow): { phone: string; lid: string }[] {
  const phone = phoneFromJid(jid);
  return phone !== null && lid?.endsWith('@lid') === true ? [{ phone, lid }] : [];
}

function resultOf(input: string, person: Person, answer: Answer | undefined): NumberResult {
  if (!answer) return unknown(input, person.phone, 'check_failed');
  const { canonical_jid: jid, cached } = answer;
  return { input, phone: person.phone ?? (jid && phoneFromJid(jid)), jid, on_whatsapp: answer.on_whatsapp === 1, checked_at: iso(answer.checked_at), cached };
}

const unknown = (input: string, phone: string | null, reason: NumberReason): NumberResult => ({
  input, phone, jid: null, on_whatsapp: null, reason, checked_at: null, cached: false,
});
