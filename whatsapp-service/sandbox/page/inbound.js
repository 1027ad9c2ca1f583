/* global Sim */
{
  const arrived = ({ message: wire, chat: chatWire, data }) => {
    if (!wire || Sim.Msg.get(wire.key)) return;
    const chat = Sim.Chat.get(wire.chat) ?? Sim.addChat({ ...chatWire, unread: 0, last: undefined });
    const message = Sim.messageOf(wire);
    message.isNewMsg = true;
    message.chat = chat;
    if (!wire.from_me) Sim.learnPushname(message.author ?? message.from, wire.data.notifyName);
    chat.msgs.add(message);
    Sim.Msg.add(message);
    chat.set({ lastReceivedKey: message.id, t: Math.max(chat.t ?? 0, wire.t) });
    Sim.Chat.touch();
    chat.set({ unreadCount: data.unread });
  };

  const find = (key) => Sim.Msg.get(key);

  const edited = ({ ref, data }) => {
    const message = find(ref);
    message?.set({ [message.isMedia ? 'caption' : 'body']: data.body, latestEditMsgKey: message.id, latestEditSenderTimestampMs: data.t });
  };

  const revoked = ({ ref }) => {
    const message = find(ref);
    // The type changes first: an edit of a revoked message is none.
    message?.set({ type: 'revoked', body: undefined, caption: undefined, directPath: undefined, protocolMessageKey: message.id });
  };

  const removed = ({ ref }) => {
    const message = find(ref);
    if (!message) return;
    message.chat.msgs.remove(message);
    Sim.Msg.remove(message);
  };

  const reacted = ({ ref, data }) => {
    const parent = Sim.MsgKey.fromString(ref);
    const sender = Sim.createWid(data.sender);
    const fromMe = sender.equals(Sim.account.wid) || sender.equals(Sim.account.lid);
    const id = new Sim.MsgKey({ fromMe, remote: parent.remote, id: data.id, participant: parent.remote.isGroup() ? sender : undefined });
    find(ref)?.set({ hasReaction: data.emoji !== '' });
    Sim.reactionTable.bulkUpsert([{
      id, msgKey: id, reactionParentKey: parent, parentMsgKey: parent, reactionText: data.emoji, reactionTimestamp: data.t, t: Math.floor(data.t / 1000),
      from: parent.remote.isGroup() ? parent.remote : sender, author: sender, read: false, orphan: 0, ack: fromMe ? 1 : undefined,
    }]);
  };

  const called = ({ ref, data }) => {
    Sim.calls.set(ref, {
      id: ref, peerJid: Sim.createWid(data.from), isVideo: data.video, isGroup: data.group, canHandleLocally: false, outgoing: false, webClientShouldHandle: false,
      participants: [], offerTime: Math.floor(data.t / 1000),
    });
  };

  const changedGroup = ({ chat: wire }) => {
    const chat = wire && Sim.Chat.get(wire.jid);
    if (!chat) return;
    chat.groupMetadata.update(wire.group);
    chat.set({ name: wire.name });
    chat.groupMetadata.trigger('change', chat.groupMetadata);
  };

  const APPLY = {
    message: arrived, edit: edited, revoke: revoked, remove: removed, reaction: reacted, call: called, group: changedGroup,
    chat: ({ chat }) => chat && Sim.addChat(chat),
    ack: ({ ref, data }) => find(ref)?.updateAck(data.ack),
  };

  /** All events of a frame in one task, as the real page does with what comes in one stanza. */
  Sim.link.on('events', ({ events }) => {
    for (const event of events) {
      Sim.seq = Math.max(Sim.seq, event.seq);
      APPLY[event.kind]?.(event);
    }
  });
}
