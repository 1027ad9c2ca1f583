/** One way of doing one thing, in a process of its own: `prepare` → `mark` → `run` → `close`, each called by the parent. */
export interface Variant {
  /** Up to the moment before what is measured: paired, synced, idle. */
  prepare(job: Job): Promise<void>;
  /** What is measured. */
  run(argument: never): Promise<unknown>;
  close(): Promise<void>;
}

export interface Job {
  /** The session; a new one for each run. */
  session: string;
  /** The simulated account. */
  phone: string;
  hub: { controlUrl: string; token: string };
  backendUrl: string;
  /** No backend is set: nobody is told of anything. */
  untold: boolean;
  secret: string;
  /** A folder of this run's own. */
  dir: string;
  chats: number;
  /** For the floor: the bodies to post. */
  bodies?: string;
  /** For the floor: with the signatures that they had, instead of fresh ones. */
  signedBefore?: boolean;
  /** Several at once: the phones of the further ones. */
  morePhones?: string[];
}

/** Of a process, since its mark. */
export interface Usage {
  cpuMs: number;
  /** Resident memory at its peak; null where the kernel does not tell. */
  peakMb: number | null;
}

/** Milliseconds since the epoch where they are times, else milliseconds. */
export interface EnumerationResult {
  chats: number;
  ms: number;
  /** Until the first chats are in node. */
  firstMs: number;
}

export interface SyncResult {
  startedAt: number;
  /** Everything is posted and, where there is a database, written down. */
  endedAt: number;
  /** Of which: until all chats are in node. Null where chats stream. */
  enumerationMs: number | null;
  chats: number;
}

export interface InboundJob {
  messages: number;
  chats: number;
  /** All messages come from groups. */
  groups: boolean;
  /** What does not come within so many milliseconds after the last that came is lost. */
  quietMs: number;
  /** Plain only: post each message, or only count it. */
  post: boolean;
}

export interface SendJob {
  texts: number;
  documents: number;
  documentBytes: number;
  /** How long WhatsApp takes to answer a send. */
  answerMs: number;
}

export interface SendResult {
  /** All requests answered; the plain way's have no such moment of their own. */
  acceptedMs: number;
  /** The simulated WhatsApp has all texts. */
  deliveredMs: number;
  /** So many of them it had when all requests were answered; the plain way has none before it begins. */
  deliveredBefore: number;
  /** Each document, from the call to WhatsApp's having it. */
  documentMs: number[];
}

export interface BlastRun {
  recipients: number;
  /** The time is taken until so many have got it. */
  sent: number;
}

export interface BlastRunResult {
  /** All recipients are on disk; the plain way keeps none. */
  acceptedMs: number;
  sentMs: number;
}

/** A stage of a burst's way: when each message reached it. */
export interface StageResult {
  count: number;
  firstAt: number;
  lastAt: number;
  latencies: number[];
}

export interface InboundResult {
  sent: number;
  firstInPageAt: number;
  /** Plain: in the listener. Ours: committed. */
  received: StageResult;
}
