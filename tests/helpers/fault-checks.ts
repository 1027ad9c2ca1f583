import type { WebhookPayload } from '../../whatsapp-service/contracts/payloads.js';
import type { ReceivedMessage } from '../../whatsapp-service/sandbox/hub-contract.js';
import type { RecordingReceiver, ReceivedRequest } from './recording-receiver.js';
import { seeded } from './seeded.js';

/** How often a test kills something; more find rarer faults. */
export const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 2);

/** Chance that can be repeated: the same seed gives the same numbers. */
export class Chance {
  /** In [0, 1). */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seeded(seed);
  }

  /** An integer, both ends included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }
}

/** Runs a test that depends on chance; when it fails, the message says how to repeat it. */
export async function withChance(test: (chance: Chance) => Promise<void>): Promise<void> {
  const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000_007);
  try {
    await test(new Chance(seed));
  } catch (error) {
    if (error instanceof Error) error.message = `[FAULT_SEED=${seed} FAULT_ROUNDS=${ROUNDS}] ${error.message}`;
    throw error;
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const laneOf = ({ data }: WebhookPayload): string => {
  const chat = data.chat_id ?? data.group_jid;
  return typeof chat === 'string' ? chat : '';
};

/**
 * Which of the promises about a session's webhooks are broken, over everything that was accepted: one event has one delivery and one
 * number, numbers have no gap, and within a chat (and of the session itself) the first arrivals come in the order of their numbers.
 */
export function brokenPromises(receiver: RecordingReceiver, session: string): string[] {
  const broken: string[] = [];
  const deliveryOf = new Map<string, string>();
  const numbers = new Map<number, string>();
  const lastOf = new Map<string, number>();
  for (const webhook of receiver.webhooks()) {
    if (webhook.session_id !== session) continue;
    const { event_id: event, delivery_id: delivery, sequence } = webhook;
    const known = deliveryOf.get(event);
    if (known !== undefined) {
      if (known !== delivery) broken.push(`event ${event} came as ${known} and as ${delivery}`);
      continue;
    }
    deliveryOf.set(event, delivery);
    if (numbers.has(sequence)) broken.push(`number ${sequence} was given twice`);
    numbers.set(sequence, event);
    const lane = laneOf(webhook);
    const last = lastOf.get(lane) ?? 0;
    if (sequence < last) broken.push(`number ${sequence} of ${lane || 'the session'} came after ${last}`);
    lastOf.set(lane, Math.max(last, sequence));
  }
  for (let number = 1; number <= numbers.size; number++) if (!numbers.has(number)) broken.push(`number ${number} is missing`);
  return broken;
}

/** Ids of the session's messages by chat, in the order of their first arrival. */
export function arrivals(receiver: RecordingReceiver, session: string): Map<string, string[]> {
  const seen = new Set<string>();
  const order = new Map<string, string[]>();
  for (const { session_id: id, event_id: event, data } of receiver.webhooks('message')) {
    if (id !== session || seen.has(event)) continue;
    seen.add(event);
    const chat = String(data.chat_id);
    order.set(chat, [...(order.get(chat) ?? []), String(data.message_id)]);
  }
  return order;
}

/** The same as WhatsApp has them. */
export function sentTo(messages: readonly ReceivedMessage[]): Map<string, string[]> {
  const order = new Map<string, string[]>();
  for (const { chat, message_id: id } of messages) order.set(chat, [...(order.get(chat) ?? []), id]);
  return order;
}

export const sorted = (order: ReadonlyMap<string, string[]>): [string, string[]][] => [...order].sort(([a], [b]) => (a < b ? -1 : 1));

/** The attempts of one delivery, in the order in which they came. */
export const attemptsOf = (receiver: RecordingReceiver, deliveryId: string): ReceivedRequest[] => receiver.requests.filter((request) => request.deliveryId === deliveryId);

/** Unix seconds that an attempt was signed with. */
export const signedAt = (request: ReceivedRequest): number => Number(request.headers['webhook-timestamp']);

/** Batches of one chat sync by their number: every delivery id that they came under. More than one is a broken promise. */
export function batchDeliveries(receiver: RecordingReceiver, syncId: string): Map<number, Set<string>> {
  const found = new Map<number, Set<string>>();
  for (const { body, deliveryId } of receiver.requests) {
    if (body?.sync_id !== syncId || deliveryId === null) continue;
    const { number } = body.batch as { number: number };
    found.set(number, (found.get(number) ?? new Set()).add(deliveryId));
  }
  return found;
}
