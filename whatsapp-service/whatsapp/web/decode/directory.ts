import type { ChatPosition, ContactInfo, GroupInfo, GroupMember, ListedMessage, MemberResult, MessagePosition } from '../../directory.js';
import type { AckLevel } from '../../../contracts/states.js';
import { phoneFromJid } from '../../../shared/phone.js';
import type { PageChat, PageMessage, PagePerson } from '../page-script.js';
import { decodeMessage } from './message.js';

export interface PageChatList {
  chats: PageChat[];
  next: ChatPosition | null;
}

export interface PageMessageList {
  /** Newest first. */
  messages: PageMessage[];
  next: MessagePosition | null;
}

/** `[jid, status, WhatsApp's code]` */
export type PageMember = [jid: string, status: MemberResult['status'], code: number];

export interface PageGroupInfo {
  id: string;
  subject: string | null;
  description: string | null;
  owner: PagePerson | null;
  /** Unix seconds. */
  created: number | null;
  announce: boolean;
  restrict: boolean;
  member: boolean;
  admin: boolean;
  /** `[jid, lid, 1 for an admin]` */
  participants: [string, string | null, 0 | 1][];
}

export interface PageContact {
  person: PagePerson;
  name: string | null;
  pushname: string | null;
  verifiedName: string | null;
  business: boolean;
  mine: boolean;
  blocked: boolean;
  me: boolean;
}

export function decodeListedMessage(message: PageMessage): ListedMessage {
  return { data: decodeMessage(message, undefined, false), ack: message.fromMe && isAck(message.ack) ? message.ack : null };
}

const isAck = (ack: number | null): ack is AckLevel => ack !== null && Number.isInteger(ack) && ack >= -1 && ack <= 4;

const personOf = ([jid, lid]: PagePerson): { jid: string; lid: string | null; phone: string | null } => ({ jid, lid, phone: phoneFromJid(jid) });

export function decodeGroup(group: PageGroupInfo): GroupInfo {
  return {
    groupJid: group.id,
    subject: group.subject,
    description: group.description,
    owner: group.owner && personOf(group.owner),
    createdAt: group.created === null ? null : group.created * 1000,
    announce: group.announce,
    restrict: group.restrict,
    isMember: group.member,
    isAdmin: group.admin,
    participants: group.participants.map(([jid, lid, admin]): GroupMember => ({ ...personOf([jid, lid]), isAdmin: admin === 1 })),
  };
}

export const decodeMembers = (rows: readonly PageMember[]): MemberResult[] => rows.map(([jid, status, code]) => ({ jid, status, code }));

export function decodeContact(contact: PageContact): ContactInfo {
  return {
    ...personOf(contact.person),
    name: contact.name,
    pushname: contact.pushname,
    verifiedName: contact.verifiedName,
    isBusiness: contact.business,
    isMyContact: contact.mine,
    isBlocked: contact.blocked,
    isMe: contact.me,
  };
}
