import type { MessageData } from '../../contracts/payloads.js';
import type { SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { plainWords } from '../../shared/plain-words.js';
import type { WorkspaceKey } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import { findOwnRows, saveOptOuts, type OptOutChange } from './opt-out-store.js';

export interface InboundOptOutOptions {
  optOutWords: readonly string[];
  optInWords: readonly string[];
  /** The number behind a LID, where it has been seen. */
  phoneOfLid(trx: Db, sessionId: SessionId, lid: string): Promise<string | null>;
  logger: Logger;
}

/** A message that came in, and when. */
export interface Heard {
  data: MessageData;
  at: number;
}

/** Longer texts are not looked at: none of the words is that long. */
const MAX_TEXT = 200;

/** Messages that say nothing but "stop", or the word for the way back. */
export class InboundOptOut {
  private readonly out: ReadonlySet<string>;
  private readonly back: ReadonlySet<string>;

  constructor(private readonly options: InboundOptOutOptions) {
    this.out = new Set(options.optOutWords);
    this.back = new Set(options.optInWords);
  }

  /** What a text asks for; null: nothing of the kind. */
  wish(body: string | null): 'out' | 'back' | null {
    if (body === null || body.length > MAX_TEXT) return null;
    const words = plainWords(body);
    if (this.out.has(words)) return 'out';
    return this.back.has(words) ? 'back' : null;
  }

  /** Writes down who wants no more, or wants again, in the transaction in which the messages themselves are. Only what people write to this account alone. */
  async take(trx: Db, { sessionId, workspace, messages }: { sessionId: SessionId; workspace: WorkspaceKey; messages: readonly Heard[] }): Promise<void> {
    for (const { data, at } of messages) {
      const wish = data.type === 'text' ? this.wish(data.body) : null;
      if (wish === null) continue;
      const { lid } = data.from;
      const phone = data.from.phone ?? (lid === null ? null : await this.options.phoneOfLid(trx, sessionId, lid));
      const person = phone ?? lid;
      if (person === null) continue;
      const change = { workspace, lid, optedOut: wish === 'out', source: 'message' as const, sessionId, at };
      await saveOptOuts(trx, [{ ...change, person }, ...(await this.otherKeys(trx, { ...change, person }))]);
      this.options.logger.info(wish === 'out' ? 'Somebody wants no more bulk messages' : 'Somebody wants bulk messages again', { session: sessionId, phone, chat: data.chat_id });
    }
  }

  /** Somebody who was known by their LID alone when they opted out has a row under it, too. */
  private async otherKeys(trx: Db, change: OptOutChange): Promise<OptOutChange[]> {
    if (change.lid === null) return [];
    const rows = await findOwnRows(trx, change.workspace, [change.lid]);
    return rows.filter(({ person }) => person !== change.person).map(({ person }) => ({ ...change, person }));
  }
}
