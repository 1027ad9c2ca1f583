import type { Participant, Person } from '../../../contracts/payloads.js';
import { phoneFromJid } from '../../../shared/phone.js';
import type { PageParticipants, PagePerson } from '../page-script.js';

export function decodePerson(person: PagePerson, name: string | null = null): Person {
  const [jid, lid] = person;
  return { jid, lid, phone: phoneFromJid(jid), name };
}

/** What a payload says of a group's people: who they are, or only how many. */
export function decodeGroupPeople(people: PageParticipants, withParticipants: boolean): { participants?: Participant[]; participants_count: number } {
  const rows = people === '' ? [] : people.split(' ');
  return { ...(withParticipants && { participants: rows.map(decodeParticipant) }), participants_count: rows.length };
}

/** A participant's JID: of a phone's, the page tells the digits only. */
export const jidOf = (id: string): string => (id.includes('@') ? id : `${id}@c.us`);

function decodeParticipant(row: string): Participant {
  const isAdmin = row.endsWith('*');
  const jid = jidOf(isAdmin ? row.slice(0, -1) : row);
  return { jid, phone: phoneFromJid(jid), is_admin: isAdmin };
}
