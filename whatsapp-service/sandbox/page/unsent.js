/* global Sim */
{
  /**
   * Messages that are still to be sent, kept on disk while `keep_unsent` is on: a page that ends before the server took them sends them
   * when it starts again.
   */
  Sim.unsent = {
    async keep(wire) {
      if (Sim.settings.keep_unsent) await Sim.withStore('unsent', 'readwrite', (store) => store.put(wire, wire.key));
    },

    async forget(wire) {
      if (Sim.settings.keep_unsent) await Sim.withStore('unsent', 'readwrite', (store) => store.delete(wire.key));
    },

    /** In the order of writing; they are in their chats, unsent, before anybody can ask for them. */
    async resume() {
      if (!Sim.settings.keep_unsent) return;
      const wires = await Sim.withStore('unsent', 'readonly', (store) => store.getAll());
      for (const wire of wires.sort((a, b) => a.t - b.t)) {
        if (Sim.Msg.get(wire.key)) await this.forget(wire);
        else void Sim.sendAgain(Sim.loadMessage(await chatOf(wire), wire));
      }
    },
  };

  const chatOf = async (wire) => (await Sim.findChat(Sim.createWid(wire.chat))).chat;
}
