import type { HubClient } from '../../../whatsapp-service/sandbox/hub-client.js';
import { until } from '../../helpers/sandbox-client.js';

/** A few people who have chats: opening a new one is not what is measured. */
const RECIPIENTS = 20;

export const recipientOf = (number: number): string => `62812${String(12_345_000 + (number % RECIPIENTS))}@c.us`;

/** People who have none. */
export const strangerOf = (number: number): string => `62815${String(10_000_000 + number)}`;

/** Seldom enough that to ask takes nothing from what is measured. */
const ASK_EVERY_MS = 50;

export interface SentCount {
  soFar(): Promise<number>;
  /** Waits until the simulated WhatsApp has so many more than at the beginning. */
  reach(count: number): Promise<void>;
}

/** Begins to count what the session sends: an account has what earlier runs have sent, too. */
export async function countingSent(hub: HubClient, session: string): Promise<SentCount> {
  const { sent: before } = await hub.state(session);
  const soFar = async (): Promise<number> => (await hub.state(session)).sent - before;
  return { soFar, reach: async (count) => void (await until(async () => (await soFar()) >= count, { timeoutMs: 300_000, everyMs: ASK_EVERY_MS, name: `${count} messages are out` })) };
}
