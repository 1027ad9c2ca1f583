/* global Sim */
{
  /** Whom the account has saved shows it a picture, and so does every group; others show none. */
  const requestProfilePicFromServer = async ({ id }) => {
    await Sim.lag();
    const chat = Sim.Chat.get(id) ?? Sim.Chat.get(Sim.toLid(id));
    if (!chat) throw Object.assign(new Error('item-not-found'), { name: 'ServerStatusCodeError', status: 404 });
    if (!chat.isGroup && !chat.saved) return undefined;
    const eurl = `https://pps.whatsapp.net/v/sandbox/${chat.id.user}.jpg`;
    return { id, tag: '1', eurl, previewEurl: eurl, img: undefined };
  };

  Sim.define({ WAWebContactProfilePicThumbBridge: { ...Sim.modules.get('WAWebContactProfilePicThumbBridge'), requestProfilePicFromServer } });
}
