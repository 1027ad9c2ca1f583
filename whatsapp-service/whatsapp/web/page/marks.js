/** What a person does in a chat besides writing: reading it, and being seen to write. */
{
  const openedChat = (chatId) => {
    const chat = bridge.findChat(chatId);
    if (!chat) throw bridge.fail('chat_not_found', 'This account has no such chat.');
    return bridge.jid(chat.id);
  };

  bridge.calls.markSeen = async ({ chatId }) => window.WWebJS.sendSeen(openedChat(chatId));

  /** `state`: typing, recording or stop. */
  bridge.calls.chatState = async ({ chatId, state }) => window.WWebJS.sendChatstate(state, openedChat(chatId));
}
