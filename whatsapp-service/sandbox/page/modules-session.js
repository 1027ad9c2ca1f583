/* global Sim */
{
  /** Modules by name, as `window.require` gives them. Objects, so that callers can replace what is in them. */
  Sim.modules = new Map();
  Sim.define = (modules) => {
    for (const [name, exported] of Object.entries(modules)) Sim.modules.set(name, exported);
  };

  /** A path in a module, without what the settings say is missing there. */
  const without = (exported, path) => {
    const [step, ...rest] = path;
    // What is inherited is hidden, too.
    if (rest.length === 0) Object.defineProperty(exported, step, { value: undefined, configurable: true, writable: true });
    else if (exported[step]) without(exported[step], rest);
  };

  window.require = (name) => {
    const missing = Sim.settings.missing ?? [];
    if (!Sim.modules.has(name) || missing.includes(name)) throw new Error(`Requiring unknown module "${name}"`);
    const exported = Sim.modules.get(name);
    for (const path of missing) if (path.startsWith(`${name}.`)) without(exported, path.split('.').slice(1));
    return exported;
  };

  const keyOf = (seed) => Uint8Array.from({ length: 32 }, (_, i) => (seed * 37 + i * 11) & 255);
  const encodeB64 = (bytes) => btoa(String.fromCharCode(...bytes));

  Sim.offlineProgress = 0;

  const refreshQR = () => Sim.link.call('refresh_qr');
  Sim.Cmd.refreshQR = refreshQR;

  let pairingType = 'QR';

  Sim.define({
    WAWebSocketModel: { Socket: Sim.Socket },
    WAWebCmd: { Cmd: Sim.Cmd },
    WAWebConnModel: { Conn: Sim.Conn },
    WAWebStreamModel: {
      Stream: Object.assign(new Sim.Model(), { available: false, mode: 'MAIN', markAvailable() { this.available = true; }, markUnavailable() { this.available = false; } }),
    },
    WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => Sim.offlineProgress } },
    WAWebAltDeviceLinkingApi: {
      setPairingType: (type) => {
        pairingType = type;
      },
      getPairingType: () => pairingType,
      initializeAltDeviceLinking: async () => undefined,
      initializeQRLinking: async () => {
        pairingType = 'QR';
      },
      startAltLinkingFlow: async (phone) => (await Sim.link.call('link_code', { phone })).code,
    },
    WAWebLaunchSocketUtils: { refreshQR },
    WABase64: { encodeB64, decodeB64: (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) },
    WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: '1' },
    WAWebAdvSignatureApi: {},
    WAWebUserPrefsInfoStore: { waNoiseInfo: { get: async () => ({ staticKeyPair: { pubKey: keyOf(3) } }) } },
    WAWebSignalStoreApi: { waSignalStore: { getRegistrationInfo: async () => ({ identityKeyPair: { pubKey: keyOf(5) } }) } },
    WAWebUserPrefsMultiDevice: { getADVSecretKey: () => encodeB64(keyOf(7)) },
    WAWebUserPrefsMeUser: {
      getMaybeMePnUser: () => Sim.account?.wid,
      getMaybeMeLidUser: () => Sim.account?.lid,
      getMaybeMeUser: () => Sim.account?.wid,
      getMePnUserOrThrow: () => Sim.account.wid,
      getMeUser: () => Sim.account?.wid,
    },
    WAWebMiscBrowserUtils: { info: () => ({ os: 'Sandbox', name: 'Chrome', version: '1' }) },
    WAWebSyncGatingUtils: { isPlaceholderMessageResendEnabled: () => false },
    WAWebPresenceChatAction: { sendPresenceAvailable: () => Sim.lag(), sendPresenceUnavailable: () => Sim.lag() },
    WAWebSetPushnameConnAction: {
      setPushname: async (pushname) => {
        await Sim.lag();
        Sim.Conn.set({ pushname });
      },
    },
    WAWebContactStatusBridge: { setMyStatus: () => Sim.lag() },
    WAWebUserPrefsGeneral: {
      setAutoDownloadPhotos() {}, setAutoDownloadVideos() {}, setAutoDownloadAudio() {}, setAutoDownloadDocuments() {},
      getAutoDownloadPhotos: () => false, getAutoDownloadVideos: () => false, getAutoDownloadAudio: () => false, getAutoDownloadDocuments: () => false,
    },
  });
}
