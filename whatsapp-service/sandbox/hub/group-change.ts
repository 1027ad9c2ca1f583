import { randomBytes } from 'node:crypto';
import { serializeKey } from './identity.js';
import type { WireGroup, WireMessage } from './wire.js';

export interface GroupFacts {
  group: string;
  /** WhatsApp's name of what happened: `add`, `leave`, `remove`, `subject`, `description`. */
  subtype: string;
  by: string;
  people: string[];
  /** The new subject or description. */
  body: string;
}

/** The group after the change. */
export function changedGroup(group: WireGroup, { subtype, people, body }: GroupFacts): WireGroup {
  switch (subtype) {
    case 'add':
      return { ...group, participants: [...group.participants, ...people.filter((id) => !group.participants.some((known) => known.id === id)).map((id) => ({ id }))] };
    case 'leave':
    case 'remove':
      return { ...group, participants: group.participants.filter(({ id }) => !people.includes(id)) };
    case 'subject':
      return { ...group, subject: body };
    default:
      return { ...group, description: body };
  }
}

/** The notification that WhatsApp shows in the group. */
export function groupNotice({ group, subtype, by, people, body }: GroupFacts, t: number): WireMessage {
  const id = `3A${randomBytes(9).toString('hex').toUpperCase()}`;
  return {
    key: serializeKey({ fromMe: false, chat: group, id, participant: by }), id, chat: group, participant: by, from_me: false, ack: 1, t, type: 'gp2', body,
    data: { subtype, recipients: people },
  };
}
