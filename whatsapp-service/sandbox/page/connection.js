/* global Sim */
{
  const INJECTION_WAIT_MS = 30_000;
  const POLL_MS = 5;

  class SocketModel extends Sim.Model {
    state = 'OPENING';
    stream = 'DISCONNECTED';
    hasSynced = false;

    change(state) {
      document.getElementById('state').textContent = state;
      this.set({ state, stream: state === 'CONNECTED' ? 'CONNECTED' : 'DISCONNECTED' });
      report();
    }

    async logout() {
      await Sim.link.call('unlink');
      Sim.link.stop();
      await Sim.device.clear();
      this.change('UNPAIRED');
    }

    async takeover() {
      if (this.state !== 'CONFLICT') return;
      if (Sim.link.ready) {
        await Sim.link.call('takeover', { after: Sim.seq });
        this.change('CONNECTED');
      } else {
        this.change('TIMEOUT');
        await say();
      }
    }

    reconnect() {
      return Promise.resolve();
    }
    canSend() {
      return this.state === 'CONNECTED';
    }
  }

  class ConnModel extends Sim.Model {
    ref = undefined;
    pushname = undefined;
    platform = 'android';
    wid = undefined;
    battery = 100;
    plugged = false;

    canSetMyPushname() {
      return true;
    }
    serialize() {
      return { ref: this.ref, pushname: this.pushname, platform: this.platform, wid: this.wid, connected: Sim.Socket.state === 'CONNECTED', battery: this.battery, plugged: this.plugged };
    }
    toJSON() {
      return this.serialize();
    }
  }

  Sim.Cmd = new Sim.Emitter();
  Sim.Socket = new SocketModel();
  Sim.Conn = new ConnModel();
  /** `{wid, lid, pushname, lid_mode}` while the page is linked. */
  Sim.account = null;
  /** The last thing that the page knows of. */
  Sim.seq = 0;
  let loaded = false;

  Sim.meIn = (chat) => (chat?.isLid() || (chat?.isGroup() && Sim.account.lid_mode) ? Sim.account.lid : Sim.account.wid);

  const report = () => Sim.link.notify('state', { state: Sim.Socket.state, has_synced: Sim.Socket.hasSynced, device: Sim.modules.get('WAWebMiscBrowserUtils').info().os });

  const say = async () => {
    const token = await Sim.device.load();
    Sim.link.hello(loaded ? { token, after: Sim.seq } : { token });
  };

  /** The last thing that the library does on being injected: from then on it hears everything. */
  const injected = () => Sim.Cmd.hasListener('logout_from_bridge');

  const flipHasSynced = () => {
    Sim.Socket.set({ hasSynced: true });
    report();
  };

  const whenInjected = (then, deadline = Date.now() + INJECTION_WAIT_MS) => {
    if (injected() || Date.now() > deadline) then();
    else setTimeout(() => whenInjected(then, deadline), POLL_MS);
  };

  const link = Sim.link;

  // After a conflict the other page has the connection, until this one takes it over.
  link.on('open', () => {
    if (Sim.Socket.state !== 'CONFLICT') void say();
  });

  link.on('lost', () => {
    if (Sim.Socket.state === 'CONNECTED') Sim.Socket.change('TIMEOUT');
  });

  link.on('unpaired', ({ settings }) => {
    Object.assign(Sim.settings, settings);
    link.resume();
    if (Sim.Conn.ref) Sim.Socket.change('UNPAIRED');
  });

  link.on('ref', ({ ref }) => {
    Sim.Conn.set({ ref });
    if (Sim.Socket.state === 'UNPAIRED_IDLE' || Sim.Socket.state === 'OPENING') Sim.Socket.change('UNPAIRED');
  });

  link.on('idle', () => Sim.Socket.change('UNPAIRED_IDLE'));

  link.on('paired', async ({ token }) => {
    Sim.Socket.change('PAIRING');
    await Sim.device.save(token);
    link.pause();
    void say();
  });

  link.on('welcome', ({ account, settings, seq }) => {
    Object.assign(Sim.settings, settings);
    Sim.account = { ...account, wid: Sim.createWid(account.wid), lid: Sim.createWid(account.lid) };
    Sim.Conn.set({ pushname: account.pushname, wid: Sim.account.wid });
    if (!loaded) Sim.seq = seq;
    link.resume();
    // Early: whoever waits for the state to leave OPENING comes too late to hear of it.
    if (!loaded && !settings.early_has_synced) Sim.Socket.change('CONNECTED');
  });

  link.on('chats', ({ chats }) => {
    for (const chat of chats) Sim.addChat(chat);
  });

  link.on('loaded', async () => {
    loaded = true;
    await Sim.unsent.resume();
    Sim.offlineProgress = 100;
    Sim.Cmd.trigger('offline_progress_update_from_bridge');
    if (Sim.settings.early_has_synced) {
      flipHasSynced();
      Sim.Socket.change('CONNECTED');
    } else whenInjected(flipHasSynced);
  });

  /** The hub has told everything that was missed. */
  link.on('current', () => {
    if (Sim.Socket.state === 'TIMEOUT') Sim.Socket.change('CONNECTED');
  });

  link.on('settings', ({ settings }) => void Object.assign(Sim.settings, settings));

  link.on('conflict', () => {
    if (Sim.account) Sim.Socket.change('CONFLICT');
  });

  const leave = async () => {
    link.stop();
    await Sim.device.clear();
    Sim.Cmd.trigger('logout');
    setTimeout(() => location.assign('https://web.whatsapp.com/?post_logout=1'), 50);
  };
  link.on('logout', leave);
  link.on('logged_out', leave);

  link.on('banned', async () => {
    link.stop();
    await Sim.device.clear();
    Sim.Socket.change('TOS_BLOCK');
  });

  link.on('hang', ({ ms }) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  });
}
