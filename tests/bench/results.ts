/** What the JSON holds. Times are milliseconds, memory is MB, both medians over the runs; null: not measured here. */
export interface BenchResult {
  conditions: Conditions;
  sync: SyncSize[];
  inbound: InboundPart | null;
  durable: DurablePart | null;
  send: SendPart | null;
  blast: BlastPart | null;
  memory: MemoryPart | null;
  intake: IntakePart | null;
  expectations: Expectation[];
}

/** Recipients of a blast, from a stream to the disk: read, normalised, filtered, committed. */
export interface IntakePart {
  /** The part of them that is in the address book. */
  known: number;
  sizes: IntakeSize[];
}

export interface IntakeSize {
  size: number;
  perSecond: number;
  microsecondsEach: number;
  growthMb: number;
  /** Every recipient is there, and everyone who is known was left out. */
  complete: boolean;
}

export interface Conditions {
  startedAt: string;
  finishedAt: string;
  node: string;
  browser: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  /** Other work on the machine: one-minute load before and after, the latter with our own. */
  loadBefore: number;
  loadAfter: number;
  runs: number;
  chats: string;
}

export interface SyncSize {
  size: number;
  plain: PlainSync;
  ours: OursSync;
  /** The posts alone: signed as they go, and signed before. */
  floor: { totalMs: number; signedBeforeMs: number };
  /** The same against a backend that takes so long for an answer, as an application does that writes to its database. */
  slowBackend: { answerMs: number; oursMs: number; floorMs: number; overFloor: number };
  /** The same against a Laravel application with the package; null where there is no Laravel. */
  laravel: LaravelBackend | null;
  ratios: { enumeration: number; firstChat: number; lastChat: number; overFloor: number; overSignedBefore: number };
  runs: SyncRun[];
}

export interface LaravelBackend {
  oursMs: number;
  floorMs: number;
  overFloor: number;
  /** Batches that the application had afterwards, the fewest of all runs. */
  batches: number;
}

/** Growth over the idle state before, at its peak. */
export interface Growth {
  node: number | null;
  browser: number | null;
  browserBefore: number | null;
}

export interface PlainSync {
  enumerationMs: number;
  firstChatMs: number;
  lastChatMs: number;
  totalMs: number;
  /** Through the whole of it: `getChats()`, then the posts. */
  growth: Growth;
  chats: Completeness;
}

export interface OursSync {
  enumerationMs: number;
  firstSliceMs: number;
  firstChatMs: number;
  lastChatMs: number;
  totalMs: number;
  enumerationGrowth: Growth;
  growth: Growth;
  chats: Completeness;
}

/** What the backend had at the end of the run that had least. */
export interface Completeness {
  expected: number;
  distinct: number;
  badSignatures: number;
}

/** One round, every way once. */
export interface SyncRun {
  plainEnumerationMs: number;
  plainTotalMs: number;
  oursEnumerationMs: number;
  oursTotalMs: number;
  floorMs: number;
  signedBeforeMs: number;
  oursSlowMs: number;
  floorSlowMs: number;
}

export interface InboundPart {
  messages: number;
  chats: number;
  quiet: InboundKind[];
  loaded: { burners: number; ours: LoadedBursts; plain: LoadedBursts };
}

/** One kind of burst, on a machine that does nothing else of ours. */
export interface InboundKind {
  kind: 'mixed' | 'groups';
  plain: { counted: Stage; received: Stage; posted: Stage };
  ours: { committed: Stage; delivered: Stage };
  ratios: { committedOverCounted: number; committedOverPosted: number; deliveredOverPosted: number };
}

/** Messages that got so far, from the page on. */
export interface Stage {
  perSecond: number;
  p50: number;
  p99: number;
  sent: number;
  lost: number;
}

export interface LoadedBursts {
  bursts: number;
  sent: number;
  /** Ours: not committed. Plain: the listener never had them. */
  lost: number;
  /** Did not reach the backend. */
  undelivered: number;
  lostByBurst: number[];
  perSecond: number;
}

/** From the page to the backend: ours signed, ordered and on disk; plain as bridges do it, one unsigned post for each event of the library. */
export interface DurablePart {
  loads: DurableLoad[];
}

export interface DurableLoad {
  /** `burst of 5000`, `100/s for 10 s`. */
  name: string;
  kind: 'burst' | 'steady';
  messages: number;
  plain: DurableWay;
  ours: DurableWay;
  /** Medians of the rounds. Above 1, ours is better in all of them. */
  ratios: { perSecond: number; p50: number; p99: number; cpu: number };
}

export interface DurableWay {
  perSecond: number;
  p50: number;
  p99: number;
  /** Of the node process, in milliseconds of processor time. */
  cpuMs: number;
  /** Peak resident memory of the node process. */
  peakMb: number | null;
  lost: number;
}

/** Idle sessions with 200 chats each: node and browsers together, pages that are shared counted once. */
export interface MemoryPart {
  /** Null: the whole browser, which is the library's default, is not on this machine. */
  plain: MemoryWay | null;
  ours: MemoryWay;
  /** Ours over plain. */
  ratios: { first: number; further: number } | null;
}

export interface MemoryWay {
  browser: string;
  /** MB, by the number of sessions. */
  bySessions: Record<number, number>;
  /** MB that each further session adds. */
  further: number;
}

/** Accepted: over HTTP, sent beside it. Delivered: what was left when the last was accepted. Together: from the first request to the last delivery. */
export interface SendPart {
  messages: number;
  documentMb: number;
  plain: { deliveredPerSecond: number; documentMs: number };
  /** Nobody is told, as nobody is by the plain way. */
  ours: { acceptedPerSecond: number; deliveredPerSecond: number; togetherPerSecond: number };
  /** With four webhooks for each message. */
  told: { acceptedPerSecond: number; deliveredPerSecond: number; togetherPerSecond: number; documentMs: number };
  /** WhatsApp takes `answerMs` for an answer; the plain way waits for each, ours tells in webhooks. */
  answerMs: number;
  far: { plainPerSecond: number; oursPerSecond: number };
  ratios: { delivered: number; told: number; far: number; document: number };
}

/** The first messages of a blast, in milliseconds for each. */
export interface BlastPart {
  messages: number;
  /** A loop over `sendMessage`. */
  plainMs: number;
  sizes: BlastSize[];
}

export interface BlastSize {
  recipients: number;
  /** In one JSON request. */
  acceptedPerSecond: number;
  /** Nobody is told of a message, as nobody is by the plain loop. */
  ms: number;
  overPlain: number;
  overSmallest: number;
  /** With four webhooks for each message. */
  toldMs: number;
  toldOverPlain: number;
}

export interface Expectation {
  text: string;
  value: string;
  met: boolean;
}
