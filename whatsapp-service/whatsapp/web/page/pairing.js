/** How a phone is linked: the QR, and the code that is typed instead of it. */
{
  /** WhatsApp takes a code for about this long. A new QR in the meantime would make it worthless. */
  const CODE_MS = 180_000;
  let codeUntil = 0;

  const refreshQr = () => {
    if (Date.now() < codeUntil) return;
    const cmd = bridge.module('WAWebCmd')?.Cmd;
    if (cmd?.refreshQR) cmd.refreshQR();
    else bridge.module('WAWebLaunchSocketUtils')?.refreshQR();
  };
  bridge.calls.refreshQr = () => (refreshQr(), true);

  // The library's own handler for an idle QR runs in node, where `window` does not exist; it skips names that are taken.
  window.onAuthAppStateChangedEvent = (state) => {
    if (state === 'UNPAIRED_IDLE') refreshQr();
  };

  /** Eight letters and digits. */
  bridge.calls.pairingCode = async ({ phone }) => {
    const linking = bridge.module('WAWebAltDeviceLinkingApi');
    if (!linking) throw bridge.fail('page_unavailable', 'This version of WhatsApp Web offers no pairing code.');
    linking.setPairingType('ALT_DEVICE_LINKING');
    await linking.initializeAltDeviceLinking();
    const showNotification = true;
    const code = await linking.startAltLinkingFlow(phone, showNotification).catch((error) => {
      throw bridge.fail('refused', `WhatsApp gave no pairing code: ${error?.message ?? error}`);
    });
    codeUntil = Date.now() + CODE_MS;
    return code;
  };
}
