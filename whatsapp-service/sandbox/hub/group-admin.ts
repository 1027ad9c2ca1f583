import { randomBytes } from 'node:crypto';
import { meOf, type Account, type AccountStore } from './account-store.js';
import { newChat, type ChatStore } from './chat-store.js';
import { changedGroup, groupNotice, type GroupFacts } from './group-change.js';
import { personJid, phoneOf } from './identity.js';
import type { Mailbox } from './mailbox.js';
import type { WireGroup } from './wire.js';

export interface GroupAdminParts {
  accounts: AccountStore;
  chats: ChatStore;
  mailbox: Mailbox;
}

/** A phone that ends so may not be added to groups, only invited. */
export const INVITE_ONLY_SUFFIX = '0403';
const INVITE_SECONDS = 3 * 86_400;

/** What WhatsApp's servers say to a request that they do not take; the page makes an error of it. */
const FORBIDDEN = { error: 403 };
const NOT_FOUND = { error: 404 };

type Args = Record<string, unknown>;
type Answer = Record<string, unknown>;

const now = (): number => Math.floor(Date.now() / 1000);
const newCode = (): string => randomBytes(16).toString('base64url').replaceAll(/[-_]/g, 'x');
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const peopleOf = (a: Args): string[] => (Array.isArray(a.people) ? a.people.map(textOf) : []);

/** Requests of a page about its account's groups; null for any other. Every change is told to the group as WhatsApp does. */
export function answerAboutGroups(parts: GroupAdminParts, account: Account, method: string, a: Args): Answer | null {
  const jid = textOf(a.jid);
  switch (method) {
    case 'group_create':
      return create(parts, account, a);
    case 'group_add':
      return inGroup(parts, account, { jid }, (group) => add(parts, account, { jid, group, people: peopleOf(a) }));
    case 'group_change':
      return inGroup(parts, account, { jid, asAdmin: true }, (group) => change(parts, account, group, { group: jid, subtype: textOf(a.subtype), people: peopleOf(a) }));
    case 'group_leave':
      return inGroup(parts, account, { jid }, (group) => change(parts, account, group, { group: jid, subtype: 'leave', people: [meOf(account)] }));
    case 'group_invite':
      return inGroup(parts, account, { jid, asAdmin: true }, (group) => ({ code: codeOf(parts, account, jid, group) }));
    case 'group_invite_reset':
      return inGroup(parts, account, { jid, asAdmin: true }, (group) => {
        const code = newCode();
        change(parts, account, { ...group, invite_code: code }, { group: jid, subtype: 'revoke_invite', people: [] });
        return { code };
      });
    default:
      return null;
  }
}

function inGroup(parts: GroupAdminParts, account: Account, { jid, asAdmin = false }: { jid: string; asAdmin?: boolean }, work: (group: WireGroup) => Answer): Answer {
  const group = parts.chats.get(account.phone, jid)?.group;
  if (!group) return NOT_FOUND;
  const own = group.participants.find(({ id }) => id === meOf(account));
  return own && (own.admin || !asAdmin) ? work(group) : FORBIDDEN;
}

interface AddAnswer {
  id: string;
  code: number;
  invite_code?: string;
  /** Unix seconds. */
  invite_code_exp?: number;
}

/** What becomes of somebody who is to be added. */
function addAnswer({ accounts }: GroupAdminParts, id: string): AddAnswer {
  const phone = phoneOf(id);
  if (phone === null || !accounts.isRegistered(phone)) return { id, code: 404 };
  return phone.endsWith(INVITE_ONLY_SUFFIX) ? { id, code: 403, invite_code: newCode(), invite_code_exp: now() + INVITE_SECONDS } : { id, code: 200 };
}

const addedOf = (answers: AddAnswer[]): string[] => answers.filter(({ code }) => code === 200).map(({ id }) => id);

function create(parts: GroupAdminParts, account: Account, a: Args): Answer {
  const me = meOf(account);
  const answers = peopleOf(a).map((person) => addAnswer(parts, personJid(person, account.lidMode)));
  const jid = `120363${BigInt(`0x${randomBytes(5).toString('hex')}`).toString().padStart(13, '0')}@g.us`;
  const creation = now();
  const group: WireGroup = {
    subject: textOf(a.subject), owner: me, creation, announce: a.announce === true, restrict: a.restrict === true,
    participants: [{ id: me, admin: true }, ...addedOf(answers).map((id) => ({ id }))],
  };
  parts.mailbox.addChats(account, [{ chat: newChat(jid, group.subject, creation, group), messages: [] }]);
  parts.mailbox.receive(account, [groupNotice({ group: jid, subtype: 'create', by: me, people: addedOf(answers), body: group.subject }, creation)]);
  return { jid, creation, people: answers };
}

function add(parts: GroupAdminParts, account: Account, { jid, group, people }: { jid: string; group: WireGroup; people: string[] }): Answer {
  const answers = people.map((person) => {
    const id = personJid(person, account.lidMode);
    return group.participants.some((known) => known.id === id) ? { id, code: 409 } : addAnswer(parts, id);
  });
  const added = addedOf(answers);
  if (added.length > 0) change(parts, account, group, { group: jid, subtype: 'add', people: added });
  return { people: answers };
}

function change(parts: GroupAdminParts, account: Account, group: WireGroup, what: Omit<GroupFacts, 'by' | 'body'>): Answer {
  const facts = { ...what, by: meOf(account), body: '' };
  parts.mailbox.changeGroup(account, what.group, groupAfter(group, facts), groupNotice(facts, now()));
  return {};
}

function groupAfter(group: WireGroup, facts: GroupFacts): WireGroup {
  switch (facts.subtype) {
    case 'promote':
    case 'demote':
      // Who made the group stays its admin.
      return { ...group, participants: group.participants.map((one) => (facts.people.includes(one.id) && one.id !== group.owner ? { ...one, admin: facts.subtype === 'promote' } : one)) };
    case 'revoke_invite':
      return group;
    default:
      return changedGroup(group, facts);
  }
}

function codeOf(parts: GroupAdminParts, account: Account, jid: string, group: WireGroup): string {
  if (group.invite_code !== undefined) return group.invite_code;
  const code = newCode();
  parts.chats.setGroup(account.phone, jid, { ...group, invite_code: code });
  return code;
}
