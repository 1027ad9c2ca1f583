import type { Db } from '../../storage/database.js';
import type { BlastRecipientRow } from '../../storage/schema-blast.js';
import { recipientViews } from './blast-view.js';
import { listRecipients } from './recipient-store.js';

const COLUMNS = ['phone', 'state', 'reason', 'detail', 'attempts', 'session_id', 'message_id', 'whatsapp_message_id', 'sent_at', 'delivered_at', 'read_at'] as const;

/** Rows that are in memory at once. */
const PIECE = 1_000;

/** A job's recipients as CSV (RFC 4180), in their order, in pieces. */
export async function* reportOf(db: Db, job: number): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  let rows: BlastRecipientRow[] = [];
  do {
    rows = await listRecipients(db, job, { states: null, after: rows.at(-1)?.id ?? 0, limit: PIECE });
    const views = await recipientViews(db, rows);
    yield views.map((view) => `${COLUMNS.map((column) => cellOf(column === 'reason' ? view.reason?.code : column === 'detail' ? view.reason?.detail : view[column])).join(',')}\r\n`).join('');
  } while (rows.length === PIECE);
}

/** A spreadsheet takes a text that begins like this for a formula; a number with its + is none. */
const FORMULA = /^[=@\t\r]|^[+-](?!\d+$)/;

export function cellOf(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
