import { endsWithin, sleep } from '../../shared/clock.js';
import type { Launch, ProviderSession } from '../../whatsapp/provider.js';

/** Below the 30 s after which Laravel's HTTP client gives up. */
const CONNECT_MS = 20_000;
const LOOK_MS = 200;

/** What a person must do when WhatsApp could not be told. */
export const STILL_LINKED = 'WhatsApp could not be told. Unlink this device on the phone: Settings, Linked devices.';

export interface Pairing {
  /** Its page is connected. */
  working: boolean;
  paired: boolean;
  launch: Launch;
}

/**
 * Ends a pairing: at WhatsApp, and on disk. WhatsApp hears of it only from a page that is connected, so a session that does not work is
 * started for that alone, for a while. Resolves with false when the phone may still show the device.
 */
export async function unlink(page: ProviderSession, { working, paired, launch }: Pairing): Promise<boolean> {
  if (working) return page.logout();
  const link = paired ? await connect(page, launch) : 'none';
  if (link === 'connected') return page.logout();
  await page.stop();
  await page.deleteProfile();
  return link === 'none';
}

/** `none`: WhatsApp shows a QR, so no phone is linked any more. */
async function connect(page: ProviderSession, launch: Launch): Promise<'connected' | 'none' | 'unreachable'> {
  const until = performance.now() + CONNECT_MS;
  const left = (): number => Math.max(1, until - performance.now());
  let failed = false;
  const started = page.start(launch).catch(() => {
    failed = true;
  });
  if (!(await endsWithin(left(), started)) || failed) return 'unreachable';
  while (performance.now() < until) {
    const { socketState } = await page.probe(left()).catch(() => ({ socketState: '' }));
    if (socketState === 'CONNECTED') return 'connected';
    if (socketState.startsWith('UNPAIRED')) return 'none';
    await sleep(LOOK_MS);
  }
  return 'unreachable';
}
