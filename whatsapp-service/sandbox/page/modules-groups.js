/* global Sim */
{
  /** A refusal of WhatsApp's servers, as its own functions throw it. */
  const refusedWith = (status) => Object.assign(new Error(`server status ${status}`), { name: 'ServerStatusCodeError', status, statusCode: status });

  /** One request about groups; the hub answers a refusal as a number. */
  const ask = async (method, args) => {
    await Sim.lag();
    const answer = await Sim.link.call(method, args);
    if (answer.error) throw refusedWith(answer.error);
    return answer;
  };

  const createGroup = async (options, participants) => {
    const made = await ask('group_create', {
      subject: options.title, announce: Boolean(options.announce), restrict: Boolean(options.restrict), people: participants.map(({ phoneNumber }) => phoneNumber._serialized),
    });
    return {
      wid: Sim.createWid(made.jid), subject: options.title, ts: made.creation,
      participants: made.people.map(({ id, code, invite_code, invite_code_exp }) => ({
        wid: Sim.createWid(id), type: 'participant', error: code === 200 ? undefined : String(code), invite_code, invite_code_exp,
      })),
    };
  };

  /** Nested as the real one is: its parser is generated from a schema. */
  const sendAddParticipantsRPC = async ({ participantArgs, iqTo }) => {
    await Sim.lag();
    const answer = await Sim.link.call('group_add', { jid: iqTo, people: participantArgs.map(({ participantJid }) => Sim.createWid(participantJid)._serialized) });
    if (answer.error) return { name: 'AddParticipantsResponseClientError', value: { errorAddParticipantsClientErrors: { name: 'Error', value: { code: String(answer.error) } } } };
    const addParticipant = answer.people.map(({ id, code, invite_code, invite_code_exp }) => ({
      jid: id,
      addParticipantsParticipantAddedOrNonRegisteredWaUserParticipantErrorLidResponseMixinGroup: {
        name: 'ParticipantAdded',
        value: {
          addParticipantsParticipantMixins: code === 200 ? null : {
            name: code === 403 ? 'ParticipantRequestCodeCanBeSent' : 'ParticipantError',
            value: { error: String(code), addRequestCode: invite_code, addRequestExpiration: invite_code_exp },
          },
        },
      },
    }));
    return { name: 'AddParticipantsResponseSuccess', value: { addParticipant } };
  };

  const change = (subtype) => async (chat, participants) => {
    await ask('group_change', { jid: chat.id._serialized, subtype, people: participants.map(({ id }) => id._serialized) });
  };

  /** The message with which somebody is invited who cannot be added. */
  const sendGroupInviteMessage = async (chat, groupId, groupName, inviteCode, inviteCodeExp, comment = '') => {
    const id = new Sim.MsgKey({ fromMe: true, remote: chat.id, id: await Sim.MsgKey.newId() });
    const attributes = {
      id, from: Sim.meIn(chat.id), to: chat.id, self: 'out', t: Math.floor(Date.now() / 1000), type: 'groups_v4_invite', body: comment, comment,
      inviteGrp: groupId, inviteGrpName: groupName, inviteCode, inviteCodeExp: Number(inviteCodeExp), local: true,
    };
    return Sim.addAndSend(chat, attributes)[1];
  };

  const inviteCode = async (method, value) => ({ code: (await ask(method, { jid: Sim.idOf(value) })).code });

  Sim.ChatModel.prototype.iAmAdmin = function iAmAdmin() {
    return Boolean(this.groupMetadata?.participants.get(Sim.meIn(this.id))?.isAdmin);
  };

  Sim.define({
    WAWebGroupCreateJob: { createGroup },
    WASmaxGroupsAddParticipantsRPC: { sendAddParticipantsRPC },
    WAWebModifyParticipantsGroupAction: { removeParticipants: change('remove'), promoteParticipants: change('promote'), demoteParticipants: change('demote') },
    WAWebExitGroupAction: { sendExitGroup: (chat) => ask('group_leave', { jid: chat.id._serialized }) },
    WAWebMexFetchGroupInviteCodeJob: { fetchMexGroupInviteCode: (groupId) => inviteCode('group_invite', groupId) },
    WAWebGroupQueryJob: { ...Sim.modules.get('WAWebGroupQueryJob'), resetGroupInviteCode: (wid) => inviteCode('group_invite_reset', wid) },
    WAWebChatSendMessages: { sendGroupInviteMessage },
  });
}
