import { writeFile } from 'node:fs/promises';
import { RecordingReceiver, type Answer, type ReceivedRequest, type ReceiverCounts } from '../helpers/recording-receiver.js';
import { stampOf } from './page-scripts.js';
import { serve } from './worker-calls.js';

/** A message that arrived: when it came into the page, and when here. Milliseconds since the epoch. */
export type Arrival = [inPage: number, here: number];

export interface ReceiverReport {
  counts: ReceiverCounts;
  /** Of batches of chats. Milliseconds since the epoch. */
  firstChatsAt: number | null;
  lastChatsAt: number | null;
  arrivals: Arrival[];
  distinctMessages: number;
}

export interface OpenReceiver {
  secret: string;
  /** Write the batches of chats down here, headers and all, when the report is made. */
  keepIn?: string;
  /** Milliseconds before each answer; at once when absent. */
  answerMs?: number;
}

/** A request as it was signed and sent. */
export interface KeptRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** The backend: a process of its own, so that it shares no event loop with what is measured. A new receiver for each run. */
let receiver: RecordingReceiver | null = null;
let keepIn: string | undefined;
let kept: KeptRequest[] = [];
let arrivals: Arrival[] = [];
const messages = new Set<string>();
let firstChatsAt: number | null = null;
let lastChatsAt: number | null = null;

const ACCEPTED: Answer = { status: 202, body: {} };
const KEPT_HEADERS = /^(x-webhook-|webhook-|content-type|authorization)/;

function note(request: ReceivedRequest): Answer {
  if (Array.isArray(request.body?.chats)) {
    firstChatsAt ??= request.at;
    lastChatsAt = request.at;
    if (keepIn) {
      const headers = Object.entries(request.headers).filter(([name]) => KEPT_HEADERS.test(name)) as [string, string][];
      kept.push({ path: request.path, headers: Object.fromEntries(headers), body: request.raw.toString('utf8') });
    }
    return ACCEPTED;
  }
  const data = request.body?.data as { body?: unknown; message_id?: unknown } | undefined;
  const stamp = request.event === 'message' || request.body?.event === 'message' ? stampOf(data?.body) : null;
  if (stamp !== null) {
    arrivals.push([stamp, request.at]);
    messages.add(String(data?.message_id));
  }
  return ACCEPTED;
}

serve({
  async open(options: OpenReceiver): Promise<string> {
    await receiver?.close();
    keepIn = options.keepIn;
    kept = [];
    arrivals = [];
    messages.clear();
    firstChatsAt = null;
    lastChatsAt = null;
    receiver = await RecordingReceiver.start({ secrets: [options.secret], record: 'counts' });
    receiver.answerWith(note);
    receiver.delay(options.answerMs ?? 0);
    return receiver.url;
  },
  /** How many different stamped messages have come. */
  arrived: (): number => messages.size,
  async report(): Promise<ReceiverReport> {
    if (!receiver) throw new Error('no receiver is open');
    if (keepIn) await writeFile(keepIn, JSON.stringify(kept));
    return { counts: receiver.counts(), firstChatsAt, lastChatsAt, arrivals, distinctMessages: messages.size };
  },
});
