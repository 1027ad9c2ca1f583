import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { z } from 'zod';
import { EVENTS, zChatSyncBatch, zWebhook, type EventData, type EventName, type WebhookPayload } from '../../whatsapp-service/contracts/payloads.js';
import type { Hub } from '../../whatsapp-service/sandbox/hub-contract.js';
import { processesWhere } from './proc.js';
import type { RecordingReceiver } from './recording-receiver.js';

export type EventOf<N extends EventName> = Omit<WebhookPayload, 'event' | 'data'> & { event: N; data: EventData<N> };

/** Accepted webhooks of one event of one session, in the order of arrival. */
export function eventsOf<N extends EventName>(receiver: RecordingReceiver, session: string | number, name: N): EventOf<N>[] {
  return receiver.webhooks(name).filter((webhook) => webhook.session_id === session) as unknown as EventOf<N>[];
}

/** The first webhook of this event and session that `matches`, once it has come. */
export function eventThat<N extends EventName>(
  receiver: RecordingReceiver,
  [session, name]: readonly [string | number, N],
  matches: (event: EventOf<N>) => boolean = () => true,
  timeoutMs = 15_000,
): Promise<EventOf<N>> {
  return receiver.waitFor(() => eventsOf(receiver, session, name).find(matches), { what: `${name} of ${session}: ${matches.toString()}`, timeoutMs }) as Promise<EventOf<N>>;
}

/** The message webhook with WhatsApp's serialised id. */
export function messageThat(receiver: RecordingReceiver, session: string | number, messageId: string | undefined): Promise<EventOf<'message'>> {
  return eventThat(receiver, [session, 'message'], (event) => event.data.message_id === messageId);
}

/**
 * What is wrong with everything that reached the receiver: a wrong signature, a payload that its schema does not know, or a field
 * that no schema names.
 */
export function faultsOf(receiver: RecordingReceiver): string[] {
  return receiver.requests.flatMap((request) => {
    const place = `${request.event} ${request.deliveryId}`;
    const signature = request.plainOk && request.standardOk ? [] : [`${place}: the signature is wrong`];
    return [...signature, ...payloadFaults(request.body).map((fault) => `${place}: ${fault}`)];
  });
}

function payloadFaults(body: Record<string, unknown> | null): string[] {
  if (body === null) return ['no JSON object'];
  if ('chats' in body) return schemaFaults(zChatSyncBatch, body);
  const faults = schemaFaults(zWebhook, body);
  const schema: z.ZodType | undefined = EVENTS[body.event as EventName];
  return faults.length > 0 || !schema ? faults : schemaFaults(schema, body.data);
}

function schemaFaults(schema: z.ZodType, value: unknown): string[] {
  const result = schema.safeParse(value);
  if (!result.success) return result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  // Parsing leaves out what the schema does not name, so that nothing may be missing afterwards.
  return canonical(result.data) === canonical(value) ? [] : ['it has a field that its schema does not name'];
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/** The same hub, whose pages run a script of the test's before all others. */
export function hubWithScript(hub: Hub, script: string): Hub {
  const engine = async (): ReturnType<Hub['engine']> => {
    const { prelude, ...rest } = await hub.engine();
    return { ...rest, prelude: (id) => `${prelude(id)}\n${script}` };
  };
  return new Proxy(hub, { get: (target, name) => (name === 'engine' ? engine : (Reflect.get(target, name, target) as unknown)) });
}

/** Rows of the service's database, read beside it. */
export const rowsOf = <T>(dataDir: string, query: string, ...values: (string | number)[]): T[] => rowsIn<T>(join(dataDir, 'bridge.sqlite'), query, ...values);

/** Of any SQLite file. */
export function rowsIn<T>(file: string, query: string, ...values: (string | number)[]): T[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db.prepare(query).all(...values) as T[];
  } finally {
    db.close();
  }
}

/** Processes whose command line names `text`, such as the browsers of a profile. Only on Linux. */
export const processesNaming = (text: string): number[] => processesWhere((args) => args.some((arg) => arg.includes(text)));
