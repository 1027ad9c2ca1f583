/** Groups: what WhatsApp Web's own buttons do. A member is answered as `[jid, status, WhatsApp's code]`. */
{
  /** WhatsApp's refusals as errors that node knows; anything else is a fault of the page. */
  const refusal = (error) => {
    if (error?.name !== 'ServerStatusCodeError') return error;
    const status = Number(error.status ?? error.statusCode ?? 0);
    if (status === 401 || status === 403) return bridge.fail('group_forbidden', 'This account may not do that in this group.');
    if (status === 404) return bridge.fail('group_not_found', 'WhatsApp has no such group.');
    return bridge.fail('refused', `WhatsApp refused it with code ${status}.`);
  };

  const asked = async (work) => {
    try {
      return await work();
    } catch (error) {
      throw refusal(error);
    }
  };

  const groupChat = (groupId) => {
    const chat = bridge.findChat(groupId);
    if (!chat?.groupMetadata) throw bridge.fail('group_not_found', 'This account has no such group.');
    return chat;
  };

  const membersOf = (chat) => chat.groupMetadata.participants?.getModelsArray?.() ?? [];
  const isAdmin = (member) => Boolean(member?.isAdmin || member?.isSuperAdmin);

  const ownIds = () => {
    const me = window.require('WAWebUserPrefsMeUser');
    return new Set([me.getMaybeMePnUser?.(), me.getMaybeMeLidUser?.()].map((id) => bridge.jid(id)).filter(Boolean));
  };

  /** This account among the members. */
  const ownPlace = (chat) => {
    const own = ownIds();
    return membersOf(chat).find((member) => own.has(bridge.jid(member.id))) ?? null;
  };

  const mustBeMember = (chat) => {
    const own = ownPlace(chat);
    if (!own) throw bridge.fail('group_forbidden', 'This account is not in this group.');
    return own;
  };

  const mustBeAdmin = (chat) => {
    if (!isAdmin(mustBeMember(chat))) throw bridge.fail('group_forbidden', 'This account is no admin of this group.');
  };

  /** The group as WhatsApp's servers know it; where they do not answer, as the page knows it. */
  const REFRESH_MS = 5_000;
  const refresh = async (groupId) => {
    const query = bridge.module('WAWebGroupQueryJob')?.queryAndUpdateGroupMetadataById;
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, REFRESH_MS)));
    await Promise.race([Promise.resolve(query?.({ id: groupId })).catch(() => {}), late]);
    clearTimeout(timer);
  };

  bridge.calls.groupInfo = async ({ groupId }) => {
    const chat = groupChat(groupId);
    await refresh(groupId);
    const meta = chat.groupMetadata;
    const own = ownPlace(chat);
    return {
      id: groupId,
      subject: meta.subject ?? chat.formattedTitle ?? null,
      description: meta.desc ?? null,
      owner: bridge.person(meta.owner),
      created: meta.creation ?? null,
      announce: Boolean(meta.announce),
      restrict: Boolean(meta.restrict),
      member: Boolean(own),
      admin: isAdmin(own),
      participants: membersOf(chat).map((member) => [...bridge.person(member.id), isAdmin(member) ? 1 : 0]),
    };
  };

  /** Who allows no direct adding gets a message with an invitation. */
  const invite = async ({ groupId, subject, jid, code, expires }) => {
    const { Contact } = window.require('WAWebCollections');
    Contact.gadd(bridge.wid(jid), { silent: true });
    const found = await window.require('WAWebFindChatAction').findOrCreateLatestChat(bridge.wid(jid));
    if (!found?.chat || !code) return false;
    const sent = await window.require('WAWebChatSendMessages').sendGroupInviteMessage(found.chat, groupId, subject, code, expires, '', undefined);
    return sent?.messageSendResult === 'OK';
  };

  const MAY_BE_INVITED = 403;

  /** A person's phone, whom WhatsApp's servers want to be named by it. */
  const phoneWid = (jid) => {
    const phone = bridge.phoneJid(jid);
    return phone?.endsWith('@c.us') ? bridge.wid(phone) : null;
  };

  bridge.calls.createGroup = async ({ subject, jids: all }) => {
    const { createGroup } = window.require('WAWebGroupCreateJob');
    const own = ownIds();
    const jids = all.filter((jid) => !own.has(jid));
    const known = await Promise.all(jids.map(async (jid) => ((await bridge.queryExists(jid)) ? phoneWid(jid) : null)));
    const participants = known.filter(Boolean).map((phoneNumber) => ({ phoneNumber }));
    const options = { addressingModeOverride: 'lid', memberAddMode: false, membershipApprovalMode: false, announce: false, restrict: false, ephemeralDuration: 0, title: subject };
    const made = await asked(() => createGroup(options, participants));
    const groupId = bridge.jid(made.wid);
    const answers = new Map(made.participants.map((answer) => [bridge.person(answer.wid)[0], answer]));
    // Whoever makes a group is in it.
    const members = all.filter((jid) => own.has(jid)).map((jid) => [jid, 'unchanged', 409]);
    for (const [index, jid] of jids.entries()) {
      const answer = known[index] ? answers.get(bridge.jid(known[index])) : null;
      const code = known[index] ? Number(answer?.error ?? 200) : 404;
      const isInvited = code === MAY_BE_INVITED && (await invite({ groupId, subject, jid, code: answer.invite_code, expires: answer.invite_code_exp }));
      members.push([jid, code === 200 ? 'added' : isInvited ? 'invited' : 'failed', code]);
    }
    return { id: groupId, members };
  };

  /** One person, asked for as WhatsApp Web does; its answer is nested by the schema that it was generated from. */
  const addOne = async (chat, wid) => {
    const toJid = window.require('WAWebWidToJid');
    const answer = await window
      .require('WASmaxGroupsAddParticipantsRPC')
      .sendAddParticipantsRPC({ participantArgs: [{ participantJid: toJid.widToUserJid(wid) }], iqTo: toJid.widToGroupJid(chat.id) });
    if (answer.name === 'AddParticipantsResponseSuccess') {
      const person = answer.value.addParticipant[0].addParticipantsParticipantAddedOrNonRegisteredWaUserParticipantErrorLidResponseMixinGroup.value.addParticipantsParticipantMixins?.value;
      return { code: Number(person?.error ?? 200), invitation: person?.addRequestCode, expires: person?.addRequestExpiration?.toString() };
    }
    const failed = answer.value?.errorAddParticipantsClientErrors ?? answer.value?.errorServerErrors;
    throw Object.assign(new Error('refused'), { name: 'ServerStatusCodeError', status: Number(failed?.value?.code ?? 0) });
  };

  /** A pause between two additions, a different one each time: many at once look like a spammer's work. */
  const pause = () => new Promise((resolve) => setTimeout(resolve, 250 + Math.random() * 250));

  const memberByEitherId = (chat) => {
    const members = new Map();
    for (const member of membersOf(chat)) for (const id of [bridge.jid(member.id), ...bridge.person(member.id)]) if (id) members.set(id, member);
    return (jid) => members.get(jid) ?? members.get(bridge.lidJid(jid)) ?? members.get(bridge.phoneJid(jid)) ?? null;
  };

  /** WhatsApp is asked for the person's other id where the page does not know it yet. */
  const findMember = async (chat, jid) => {
    const memberOf = memberByEitherId(chat);
    return memberOf(jid) ?? memberOf(bridge.jid((await bridge.queryExists(jid))?.wid));
  };

  bridge.calls.addMembers = async ({ groupId, jids }) => {
    const chat = groupChat(groupId);
    await refresh(groupId);
    // Without the mode, WhatsApp's own answer decides.
    if (chat.groupMetadata.memberAddMode === 'admin_add') mustBeAdmin(chat);
    else mustBeMember(chat);
    const memberOf = memberByEitherId(chat);
    const add = async (jid) => {
      if (memberOf(jid)) return [jid, 'unchanged', 409];
      const wid = (await bridge.queryExists(jid)) ? phoneWid(jid) : null;
      if (!wid) return [jid, 'failed', 404];
      const { code, invitation, expires } = await addOne(chat, wid);
      const subject = chat.groupMetadata.subject ?? chat.formattedTitle;
      if (code === MAY_BE_INVITED && (await invite({ groupId, subject, jid, code: invitation, expires }))) return [jid, 'invited', code];
      return [jid, code === 200 ? 'added' : code === 409 ? 'unchanged' : 'failed', code];
    };
    const rows = [];
    for (const [index, jid] of jids.entries()) {
      if (index > 0) await pause();
      try {
        rows.push(await add(jid));
      } catch (error) {
        if (index === 0) throw refusal(error);
        // Who was added before stays added, and the caller is to know.
        rows.push(...jids.slice(index).map((other) => [other, 'failed', Number(error?.status ?? error?.statusCode ?? 0)]));
        break;
      }
    }
    return rows;
  };

  const CHANGES = {
    remove: { action: 'removeParticipants', status: 'removed', isDone: (member) => !member },
    promote: { action: 'promoteParticipants', status: 'promoted', isDone: isAdmin },
    demote: { action: 'demoteParticipants', status: 'demoted', isDone: (member) => Boolean(member) && !isAdmin(member) },
  };

  bridge.calls.changeMembers = async ({ groupId, jids, change }) => {
    const { action, status, isDone } = CHANGES[change];
    const chat = groupChat(groupId);
    await refresh(groupId);
    mustBeAdmin(chat);
    const members = await Promise.all(jids.map((jid) => findMember(chat, jid)));
    const targets = [...new Set(members.filter((member) => member && !isDone(member)))];
    if (targets.length > 0) await asked(() => window.require('WAWebModifyParticipantsGroupAction')[action](chat, targets));
    // WhatsApp Web's function does not tell what became of each: the group does.
    await refresh(groupId);
    const after = memberByEitherId(chat);
    return jids.map((jid, index) => {
      const member = members[index];
      if (!member) return change === 'remove' ? [jid, 'unchanged', 404] : [jid, 'failed', 404];
      if (!targets.includes(member)) return [jid, 'unchanged', 200];
      return isDone(after(bridge.jid(member.id))) ? [jid, status, 200] : [jid, 'failed', 400];
    });
  };

  bridge.calls.leaveGroup = async ({ groupId }) => {
    const chat = groupChat(groupId);
    mustBeMember(chat);
    await asked(() => window.require('WAWebExitGroupAction').sendExitGroup(chat));
    return true;
  };

  /** Some versions answer with the code, others with an object around it. */
  const codeOf = (answer) => {
    const code = answer?.code ?? answer;
    if (typeof code !== 'string') throw bridge.fail('refused', 'WhatsApp gave no invite code.');
    return code;
  };

  bridge.calls.inviteCode = async ({ groupId }) => {
    mustBeMember(groupChat(groupId));
    return codeOf(await asked(() => window.require('WAWebMexFetchGroupInviteCodeJob').fetchMexGroupInviteCode(groupId)));
  };

  bridge.calls.revokeInvite = async ({ groupId }) => {
    const chat = groupChat(groupId);
    mustBeAdmin(chat);
    return codeOf(await asked(() => window.require('WAWebGroupQueryJob').resetGroupInviteCode(chat.id)));
  };
}
