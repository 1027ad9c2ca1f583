import type { HubClient } from '../../../whatsapp-service/sandbox/hub-client.js';
import { until } from '../../helpers/sandbox-client.js';

/** A few people who have chats: opening a new one is not what is measured. */
const RECIPIENTS = 20;

export const recipientOf = (number: number): string => `62812${String(12_345_000 + (number % RECIPIENTS))}@c.us`;

/** The simulated WhatsApp has so many messages of the session. */
export async function delivered(hub: HubClient, session: string, count: number): Promise<void> {
  await until(async () => (await hub.state(session)).sent >= count, { timeoutMs: 300_000, name: `${count} messages are out` });
}
