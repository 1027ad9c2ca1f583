/* global Sim */
{
  const RETRY_MS = 200;

  /**
   * The page's connection to the simulated WhatsApp. A request stays open until it is answered: what was asked or sent while the
   * connection is lost goes out, in order, once it is back.
   */
  class HubLink extends Sim.Emitter {
    #socket = null;
    #ready = false;
    #open = new Map();
    #next = 1;
    #stopped = false;

    get ready() {
      return this.#ready;
    }

    connect() {
      const { session = 'default', key = '' } = window.__SANDBOX ?? {};
      const socket = new WebSocket(`wss://web.whatsapp.com/ws?session=${encodeURIComponent(session)}&key=${encodeURIComponent(key)}`);
      this.#socket = socket;
      socket.onopen = () => this.trigger('open');
      socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
      socket.onclose = () => {
        if (this.#socket !== socket) return;
        this.#ready = false;
        this.trigger('lost');
        if (!this.#stopped) setTimeout(() => this.connect(), RETRY_MS);
      };
    }

    stop() {
      this.#stopped = true;
      this.#ready = false;
      this.#socket?.close();
    }

    hello(args) {
      this.#write({ i: 0, m: 'hello', a: args });
    }

    /** Not answered, not repeated. */
    notify(method, args) {
      this.#write({ i: 0, m: method, a: args });
    }

    /** The hub has taken us in: what is still open goes out again. */
    resume() {
      this.#ready = true;
      for (const { frame } of this.#open.values()) this.#write(frame);
    }

    pause() {
      this.#ready = false;
    }

    call(method, args = {}) {
      return new Promise((resolve, reject) => {
        const frame = { i: this.#next++, m: method, a: args };
        this.#open.set(frame.i, { frame, resolve, reject });
        if (this.#ready) this.#write(frame);
      });
    }

    get openRequests() {
      return this.#open.size;
    }

    #write(frame) {
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
    }

    #receive(frame) {
      // Told before it is done: afterwards the page may hang. Whoever looks at the page later looks after this task.
      if (frame.c) this.notify('confirm', { c: frame.c });
      if (frame.p) return void this.trigger(frame.p, frame);
      const request = this.#open.get(frame.r);
      if (!request) return;
      this.#open.delete(frame.r);
      if (frame.e === undefined) request.resolve(frame.v);
      else request.reject(new Error(frame.e));
    }
  }

  Sim.link = new HubLink();
  Sim.settings = { slow_ms: 0, early_has_synced: false, keep_unsent: false, instant_upload: false, missing: [] };

  /** What the page itself takes longer for while it is slow. */
  Sim.lag = () => new Promise((resolve) => {
    if (Sim.settings.slow_ms > 0) setTimeout(resolve, Sim.settings.slow_ms);
    else resolve();
  });
}
