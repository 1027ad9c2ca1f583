import type { Options } from './options.js';
import type { SendPart } from './results.js';
import type { Stage } from './stage.js';
import { median, round } from './statistics.js';
import type { SendJob, SendResult } from './variant.js';

const DOCUMENT_MB = 16;
const DOCUMENTS = 3;
const CHATS = 300;

export async function sendBench(stage: Stage, options: Options, say: (text: string) => void): Promise<SendPart> {
  const account = await stage.account('6281355500002', CHATS, 0);
  const job: SendJob = { texts: options.messages, documents: DOCUMENTS, documentBytes: DOCUMENT_MB * 1024 * 1024 };
  const once = (variant: 'plain-send' | 'ours-send'): Promise<SendResult> => stage.open({ variant, account }, ({ worker }) => worker.call<SendResult>('run', job));
  const rounds: { plain: SendResult; ours: SendResult }[] = [];
  for (let round = 1; round <= options.runs; round++) {
    say(`${options.messages} texts and ${DOCUMENTS} documents of ${DOCUMENT_MB} MB, round ${round} of ${options.runs}`);
    rounds.push({ plain: await once('plain-send'), ours: await once('ours-send') });
  }
  const perSecond = (ms: number): number => (options.messages / ms) * 1000;
  const middle = (value: (one: (typeof rounds)[number]) => number, digits = 0): number => round(median(rounds.map(value)), digits);
  return {
    messages: options.messages,
    documentMb: DOCUMENT_MB,
    plain: { deliveredPerSecond: middle(({ plain }) => perSecond(plain.deliveredMs)), documentMs: middle(({ plain }) => median(plain.documentMs)) },
    ours: {
      acceptedPerSecond: middle(({ ours }) => perSecond(ours.acceptedMs)),
      deliveredPerSecond: middle(({ ours }) => perSecond(ours.deliveredMs)),
      documentMs: middle(({ ours }) => median(ours.documentMs)),
    },
    ratios: {
      delivered: middle(({ plain, ours }) => plain.deliveredMs / ours.deliveredMs, 2),
      document: middle(({ plain, ours }) => median(plain.documentMs) / median(ours.documentMs), 1),
    },
  };
}
