import type { Options } from './options.js';
import type { SendPart } from './results.js';
import type { Stage } from './stage.js';
import { median, round } from './statistics.js';
import type { SendJob, SendResult } from './variant.js';

const DOCUMENT_MB = 16;
const DOCUMENTS = 3;
const CHATS = 300;
/** What WhatsApp takes to answer a send from not too far away. */
const ANSWER_MS = 50;
const MOST_FAR = 200;

interface Round {
  plain: SendResult;
  /** As the plain way, nobody is told. */
  ours: SendResult;
  /** The backend hears of each message four times: sent, and three acks. */
  told: SendResult;
  plainFar: SendResult;
  oursFar: SendResult;
}

export async function sendBench(stage: Stage, options: Options, say: (text: string) => void): Promise<SendPart> {
  const account = await stage.account('6281355500002', CHATS, 0);
  const near: SendJob = { texts: options.messages, documents: 0, documentBytes: DOCUMENT_MB * 1024 * 1024, answerMs: 0 };
  const far: SendJob = { ...near, texts: Math.min(options.messages, MOST_FAR), answerMs: ANSWER_MS };
  const once = (variant: 'plain-send' | 'ours-send', job: SendJob, untold = false): Promise<SendResult> => stage.open({ variant, account, untold }, ({ worker }) => worker.call<SendResult>('run', job));
  const rounds: Round[] = [];
  for (let number = 1; number <= options.runs; number++) {
    say(`${options.messages} texts and ${DOCUMENTS} documents of ${DOCUMENT_MB} MB, round ${number} of ${options.runs}`);
    rounds.push({
      plain: await once('plain-send', { ...near, documents: DOCUMENTS }),
      ours: await once('ours-send', near, true),
      told: await once('ours-send', { ...near, documents: DOCUMENTS }),
      plainFar: await once('plain-send', far),
      oursFar: await once('ours-send', far),
    });
  }
  const middle = (value: (one: Round) => number, digits = 0): number => round(median(rounds.map(value)), digits);
  const together = (way: keyof Round, job: SendJob): number => middle((one) => (job.texts / one[way].deliveredMs) * 1000);
  /** Sending alone, as the plain way does it: from the last answer on. */
  const alone = ({ deliveredMs, acceptedMs, deliveredBefore }: SendResult): number => {
    const left = near.texts - deliveredBefore;
    // Where there are few texts, all may be out before the last is accepted.
    return left > 0 ? (left / (deliveredMs - acceptedMs)) * 1000 : (near.texts / deliveredMs) * 1000;
  };
  const accepted = (way: keyof Round): number => middle((one) => (near.texts / one[way].acceptedMs) * 1000);
  const faster = (ours: 'ours' | 'told'): number => middle((one) => alone(one[ours]) / alone(one.plain), 2);
  const documentMs = (way: keyof Round): number => middle((one) => median(one[way].documentMs));
  return {
    messages: near.texts,
    documentMb: DOCUMENT_MB,
    answerMs: ANSWER_MS,
    plain: { deliveredPerSecond: together('plain', near), documentMs: documentMs('plain') },
    ours: { acceptedPerSecond: accepted('ours'), deliveredPerSecond: middle(({ ours }) => alone(ours)), togetherPerSecond: together('ours', near) },
    told: { acceptedPerSecond: accepted('told'), deliveredPerSecond: middle(({ told }) => alone(told)), togetherPerSecond: together('told', near), documentMs: documentMs('told') },
    far: { plainPerSecond: together('plainFar', far), oursPerSecond: together('oursFar', far) },
    ratios: {
      delivered: faster('ours'),
      told: faster('told'),
      far: middle(({ plainFar, oursFar }) => plainFar.deliveredMs / oursFar.deliveredMs, 2),
      document: middle(({ plain, told }) => median(plain.documentMs) / median(told.documentMs), 1),
    },
  };
}
