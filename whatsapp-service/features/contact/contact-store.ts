import { sql } from 'kysely';
import { likeText, phoneDigits } from '../../shared/search-text.js';
import type { WorkspaceKey } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import { among } from '../../storage/dialect.js';
import type { ContactRow } from '../../storage/schema-contacts.js';

/** A contact as it comes: what is not given stays as it is. */
export interface NewContact {
  phone: string;
  name: string | null;
  tags: readonly string[];
  /** null removes one. */
  variables: Readonly<Record<string, string | null>>;
}

export interface ContactFilter {
  search?: string | undefined;
  tag?: string | undefined;
  onWhatsApp?: 'true' | 'false' | 'unknown' | undefined;
}

/** Rows of one statement. */
const CHUNK = 500;

export async function findContacts(db: Db, workspace: WorkspaceKey, phones: readonly string[]): Promise<ContactRow[]> {
  return db.selectFrom('contact').selectAll().where('workspace', '=', workspace).where(among('phone', phones)).execute();
}

/** Writes them over what is there, and their tags beside those that are there. */
export async function saveContacts(trx: Db, workspace: WorkspaceKey, contacts: readonly NewContact[], now: number): Promise<void> {
  for (let from = 0; from < contacts.length; from += CHUNK) {
    const chunk = contacts.slice(from, from + CHUNK);
    const known = new Map((await findContacts(trx, workspace, chunk.map(({ phone }) => phone))).map((row) => [row.phone, row]));
    await trx
      .insertInto('contact')
      .values(chunk.map(({ phone, name, variables }) => ({ workspace, phone, name, variables: merged(known.get(phone)?.variables, variables), created_at: now, updated_at: now })))
      .onConflict((conflict) =>
        conflict.columns(['workspace', 'phone']).doUpdateSet((eb) => ({ name: eb.fn.coalesce('excluded.name', 'contact.name'), variables: eb.ref('excluded.variables'), updated_at: eb.ref('excluded.updated_at') })),
      )
      .execute();
    await saveTags(trx, workspace, chunk);
  }
}

function merged(known: string | undefined, given: NewContact['variables']): string {
  const all = { ...(JSON.parse(known ?? '{}') as Record<string, string>), ...given };
  return JSON.stringify(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)));
}

export async function saveTags(trx: Db, workspace: WorkspaceKey, contacts: readonly Pick<NewContact, 'phone' | 'tags'>[]): Promise<void> {
  const rows = contacts.flatMap(({ phone, tags }) => [...new Set(tags)].map((tag) => ({ workspace, tag, phone })));
  for (let from = 0; from < rows.length; from += CHUNK) {
    await trx.insertInto('contact_tag').values(rows.slice(from, from + CHUNK)).onConflict((conflict) => conflict.columns(['workspace', 'tag', 'phone']).doNothing()).execute();
  }
}

/** In the order of their numbers. */
export async function listContacts(db: Db, workspace: WorkspaceKey, { search, tag, onWhatsApp }: ContactFilter, { after, limit }: { after: string; limit: number }): Promise<ContactRow[]> {
  let query = db.selectFrom('contact').selectAll('contact').where('contact.workspace', '=', workspace).where('contact.phone', '>', after);
  if (tag !== undefined) query = query.innerJoin('contact_tag as t', (join) => join.onRef('t.workspace', '=', 'contact.workspace').onRef('t.phone', '=', 'contact.phone').on('t.tag', '=', tag));
  if (onWhatsApp === 'unknown') query = query.where('contact.on_whatsapp', 'is', null);
  else if (onWhatsApp !== undefined) query = query.where('contact.on_whatsapp', '=', onWhatsApp === 'true' ? 1 : 0);
  if (search !== undefined) {
    const digits = phoneDigits(search);
    query = query.where((eb) => eb.or([sql<boolean>`lower(contact.name) like ${`%${likeText(search)}%`} escape '!'`, ...(digits === '' ? [] : [eb('contact.phone', 'like', `%${digits}%`)])]));
  }
  return query.orderBy('contact.phone').limit(limit).execute();
}

/** Tags of these contacts, by number. */
export async function tagsOf(db: Db, workspace: WorkspaceKey, phones: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await db.selectFrom('contact_tag').select(['phone', 'tag']).where('workspace', '=', workspace).where(among('phone', phones)).orderBy('tag').execute();
  const tags = new Map<string, string[]>();
  for (const { phone, tag } of rows) tags.set(phone, [...(tags.get(phone) ?? []), tag]);
  return tags;
}

export async function countTags(db: Db, workspace: WorkspaceKey): Promise<{ tag: string; contacts: number }[]> {
  const rows = await db.selectFrom('contact_tag').select((eb) => ['tag', eb.fn.countAll<number | string>().as('contacts')]).where('workspace', '=', workspace).groupBy('tag').orderBy('tag').execute();
  return rows.map(({ tag, contacts }) => ({ tag, contacts: Number(contacts) }));
}

/** Deletes these contacts with their tags, and tells how many there were. */
export async function deleteContacts(trx: Db, workspace: WorkspaceKey, phones: readonly string[]): Promise<number> {
  await trx.deleteFrom('contact_tag').where('workspace', '=', workspace).where(among('phone', phones)).execute();
  return Number((await trx.deleteFrom('contact').where('workspace', '=', workspace).where(among('phone', phones)).executeTakeFirst()).numDeletedRows);
}

/** Writes down what WhatsApp said of a number. */
export async function saveChecked(trx: Db, workspace: WorkspaceKey, { phone, onWhatsApp, jid }: { phone: string; onWhatsApp: boolean; jid: string | null }, now: number): Promise<void> {
  await trx.updateTable('contact').set({ on_whatsapp: onWhatsApp ? 1 : 0, jid, checked_at: now }).where('workspace', '=', workspace).where('phone', '=', phone).execute();
}
