import type { Participant, Person } from '../../../contracts/payloads.js';
import { phoneFromJid } from '../../../shared/phone.js';
import type { PagePerson } from '../page-script.js';

export function decodePerson(person: PagePerson, name: string | null = null): Person {
  const [jid, lid] = person;
  return { jid, lid, phone: phoneFromJid(jid), name };
}

export const decodeParticipants = (rows: readonly [string, 0 | 1][]): Participant[] =>
  rows.map(([jid, admin]) => ({ jid, phone: phoneFromJid(jid), is_admin: admin === 1 }));
