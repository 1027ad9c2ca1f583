import type { CreatedGroupView, CreateGroup, GroupView, MemberView } from '../../contracts/chat-api.js';
import { iso } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import { phoneFromJid } from '../../shared/phone.js';
import type { Directory, MemberResult } from '../../whatsapp/directory.js';
import { answered } from '../../whatsapp/provider-answer.js';
import { peopleOf, type Address } from './address.js';
import type { DirectoryOptions } from './chat-service.js';
import type { GroupRequest, GroupRequests } from './group-requests.js';

export type MemberChange = 'add' | 'remove' | 'promote' | 'demote';

/** Which of a request's fields names the people. */
const FIELDS: Record<MemberChange, string> = { add: 'body.add', remove: 'body.participants', promote: 'body.participants', demote: 'body.participants' };

/** Groups of a session's account. WhatsApp tells of each change by itself: it reaches the backend as `group.*`. */
export class GroupService {
  constructor(
    private readonly options: DirectoryOptions,
    private readonly requests: GroupRequests,
  ) {}

  async info(id: SessionId, groupId: string): Promise<GroupView> {
    const { groupJid, owner, createdAt, isMember, isAdmin, participants, ...rest } = await this.ask(id, (directory) => directory.groupInfo(groupId));
    return {
      ...rest,
      group_jid: groupJid,
      owner,
      created_at: createdAt === null ? null : iso(createdAt),
      is_member: isMember,
      is_admin: isAdmin,
      participants_count: participants.length,
      participants: participants.map(({ isAdmin: admin, ...person }) => ({ ...person, is_admin: admin })),
    };
  }

  /** With a key, the same request makes one group, however often it comes. */
  async createOnce(id: SessionId, input: CreateGroup, request: Omit<GroupRequest, 'sessionId'> | null): Promise<{ group: CreatedGroupView; repeated: boolean }> {
    if (!request) return { group: await this.create(id, input), repeated: false };
    // Before the key is taken: what is refused for its own sake is no use of it.
    peopleOf(input.participants, 'body.participants', this.options.country);
    return this.requests.once({ ...request, sessionId: id }, () => this.create(id, input));
  }

  private async create(id: SessionId, { subject, participants }: CreateGroup): Promise<CreatedGroupView> {
    const people = peopleOf(participants, 'body.participants', this.options.country);
    // Whether WhatsApp made it is not known when the page was cut off: repeating could make a second one.
    const details = { outcome: 'unknown', hint: 'The group may exist. Look for it among the chats before you repeat the request.' };
    const made = await this.ask(id, (directory) => directory.createGroup(subject, jidsOf(people)), details);
    return { group_jid: made.groupJid, subject, participants: viewsOf(made.participants, people, 'add') };
  }

  async changeMembers(id: SessionId, groupId: string, { change, inputs }: { change: MemberChange; inputs: readonly string[] }): Promise<MemberView[]> {
    const people = peopleOf(inputs, FIELDS[change], this.options.country);
    const results = await this.ask(id, (directory) => directory[`${change}Participants`](groupId, jidsOf(people)));
    return viewsOf(results, people, change);
  }

  async leave(id: SessionId, groupId: string): Promise<void> {
    await this.ask(id, (directory) => directory.leaveGroup(groupId));
  }

  inviteLink(id: SessionId, groupId: string): Promise<string> {
    return this.ask(id, (directory) => directory.inviteLink(groupId));
  }

  revokeInviteLink(id: SessionId, groupId: string): Promise<string> {
    return this.ask(id, (directory) => directory.revokeInviteLink(groupId));
  }

  private async ask<T>(id: SessionId, question: (directory: Directory) => Promise<T>, details?: Record<string, unknown>): Promise<T> {
    const { directory } = await this.options.working(id);
    return answered(question(directory), this.options.logger, details);
  }
}

const jidsOf = (people: readonly Address[]): string[] => people.map(({ jid }) => jid);

function viewsOf(results: readonly MemberResult[], people: readonly Address[], change: MemberChange): MemberView[] {
  const byJid = new Map(results.map((result) => [result.jid, result]));
  return people.map(({ input, jid, phone }) => {
    const { status, code } = byJid.get(jid) ?? { status: 'failed', code: 0 };
    return { input, jid, phone: phone ?? phoneFromJid(jid), status, code, reason: status === 'failed' ? reasonOf(code, change) : null };
  });
}

/** What WhatsApp's codes mean, where that is known. */
function reasonOf(code: number, change: MemberChange): MemberView['reason'] {
  if (change !== 'add') return code === 404 ? 'not_a_member' : 'refused';
  switch (code) {
    case 403:
      return 'adding_not_allowed';
    case 404:
      return 'not_on_whatsapp';
    case 408:
      return 'recently_left';
    case 419:
      return 'group_full';
    default:
      return 'refused';
  }
}
