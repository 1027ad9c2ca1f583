import type { Insertable, Selectable } from 'kysely';
import type { OptOutSource } from '../contracts/contact-states.js';
import type { Fixed } from './columns.js';

/** The tables of people: whom a blast skips, whom it may go to, and who wants nothing. `workspace`: see `shared/workspace.ts`. */
export interface ContactTables {
  address: AddressTable;
  contact: ContactTable;
  contact_tag: ContactTagTable;
  contact_activity: ContactActivityTable;
  contact_check: ContactCheckTable;
  opt_out: OptOutTable;
}

/** The address book: who is in it is skipped by blasts that say so. */
export interface AddressTable {
  workspace: Fixed<string>;
  /** E.164. */
  phone: Fixed<string>;
  name: string | null;
  created_at: Fixed<number>;
  updated_at: number;
}

/** Whom one may write to. */
export interface ContactTable {
  workspace: Fixed<string>;
  /** E.164. */
  phone: Fixed<string>;
  name: string | null;
  /** JSON: what texts may name, as text by name. */
  variables: string;
  /** 0 or 1; null: not known yet. */
  on_whatsapp: number | null;
  /** The id under which WhatsApp knows the person. */
  jid: string | null;
  checked_at: number | null;
  created_at: Fixed<number>;
  updated_at: number;
}

export interface ContactTagTable {
  workspace: Fixed<string>;
  tag: Fixed<string>;
  phone: Fixed<string>;
}

/** When a person last wrote to one of the workspace's sessions. */
export interface ContactActivityTable {
  workspace: Fixed<string>;
  phone: Fixed<string>;
  last_at: number;
}

/** A check of a workspace's contacts at WhatsApp, which goes on over restarts. One at a time in a workspace. */
export interface ContactCheckTable {
  workspace: Fixed<string>;
  session_id: string;
  /** null: all contacts. */
  tag: string | null;
  state: 'running' | 'completed' | 'stopped';
  /** Everyone up to this number has been asked for. */
  after_phone: string;
  /** Answers older than this are asked anew. */
  stale_before: number;
  total: number;
  checked: number;
  on_whatsapp: number;
  started_at: number;
  finished_at: number | null;
}

/** Who wants no bulk messages, and who wanted none for a while. */
export interface OptOutTable {
  workspace: Fixed<string>;
  /** The phone number, or the LID of someone whose number is not known. */
  person: Fixed<string>;
  lid: string | null;
  /** 0: came back. The row stays, so that an older message cannot opt the person out again. */
  opted_out: number;
  source: OptOutSource;
  /** The session that heard it. */
  session_id: string | null;
  /** When the person said so. */
  changed_at: number;
}

export type AddressRow = Selectable<AddressTable>;
export type ContactRow = Selectable<ContactTable>;
export type NewContactRow = Insertable<ContactTable>;
export type ContactCheckRow = Selectable<ContactCheckTable>;
export type OptOutRow = Selectable<OptOutTable>;
