/* global Sim */
{
  /** Gives the promise of the message in the chat, and that of the server's answer. */
  Sim.addAndSend = (chat, attributes) => {
    const known = Sim.Msg.get(attributes.id);
    if (known) return again(known);
    const message = new Sim.MessageModel({ ...attributes, ack: 0, isNewMsg: true });
    if (message.id.participant) message.author = message.id.participant;
    message.chat = chat;
    chat.msgs.add(message);
    Sim.Msg.add(message);
    chat.set({ lastReceivedKey: message.id, t: message.t });
    Sim.Chat.touch();
    return [Promise.resolve(message), send(message)];
  };

  /** The same id once more: there is one message with it, and a failed one gets another chance. */
  const again = (message) => {
    if (message.ack < 0) message.set({ ack: 0 });
    return [Promise.resolve(message), send(message)];
  };

  const send = async (message) => {
    await Sim.lag();
    const wire = Sim.wireOf(message);
    await Sim.unsent.keep(wire);
    const answer = await Sim.link.call('send', { message: wire });
    await Sim.unsent.forget(wire);
    if (!answer.ok) {
      message.updateAck(-1);
      return { messageSendResult: answer.error, t: answer.t };
    }
    if (message.ack < answer.ack) message.updateAck(answer.ack);
    return { messageSendResult: 'OK', t: answer.t, count: null };
  };

  Sim.sendAgain = send;

  Sim.sendEdit = async (message, body) => {
    await Sim.lag();
    await Sim.link.call('edit', { key: message.id._serialized, body });
    return { messageSendResult: 'OK', t: Math.floor(Date.now() / 1000) };
  };

  const listOf = (messages) => (Array.isArray(messages) ? messages : messages.list);

  Sim.sendRevoke = async (_chat, messages) => {
    await Sim.lag();
    for (const message of listOf(messages)) await Sim.link.call('revoke', { key: message.id._serialized });
    return true;
  };

  Sim.sendDelete = async (_chat, messages) => {
    await Sim.lag();
    for (const message of listOf(messages)) await Sim.link.call('remove', { key: message.id._serialized });
    return true;
  };

  Sim.sendReaction = async (message, emoji) => {
    await Sim.lag();
    await Sim.link.call('react', { key: message.id._serialized, id: await Sim.MsgKey.newId(), emoji: emoji ?? '' });
    return { messageSendResult: 'OK' };
  };

  /** Said and forgotten: who is not there to see it, never does. */
  Sim.sendMark = async (wid, mark) => {
    await Sim.lag();
    Sim.link.notify('mark', { jid: wid._serialized, mark });
  };

  Sim.sendSeen = async (chat) => {
    await Sim.lag();
    if (chat.unreadCount === 0) return;
    void Sim.sendMark(chat.id, 'seen');
    chat.set({ unreadCount: 0 });
    // Not waited for: a chat is read at once, and its server learns of it when it can be reached.
    void Sim.keepFlags(chat, { unread: 0 });
  };
}
