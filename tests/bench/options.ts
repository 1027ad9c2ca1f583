import { parseArgs } from 'node:util';

/** What `--only` can choose from. */
export const PARTS = ['sync', 'inbound', 'durable', 'send', 'blast', 'memory'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  /** Chats of the accounts that are synced. */
  sizes: number[];
  /** Runs of everything whose time is taken; medians are told. */
  runs: number;
  only: readonly Part[];
  /** Messages of a burst, and how many bursts there are under load. */
  burst: number;
  bursts: number;
  /** Seconds of 100 messages each. */
  steady: number;
  /** Texts that are sent. */
  messages: number;
  /** How many each blast is for; its first `messages` are timed. */
  recipients: number[];
  /** How many recipients are read from a stream. */
  intake: number[];
  /** How many sessions run at once where their memory is looked at. */
  sessions: number[];
  /** The JSON. */
  out: string;
}

const HELP = `npm run bench -- [--sizes 500,5000,20000] [--runs 3] [--only ${PARTS.join(',')}] [--burst 5000] [--bursts 10] [--steady 10] [--messages 500] [--recipients 1000,10000,100000] [--intake 10000,100000,1000000] [--sessions 1,3,6] [--out bench-results/NAME.json]`;

const isPart = (text: string): text is Part => (PARTS as readonly string[]).includes(text);

const positive = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number above 0. ${HELP}`);
  return value;
};

/** @throws Error that says what is wrong and what may be written. */
export function readOptions(args: readonly string[], startedAt: Date): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sizes: { type: 'string', default: '500,5000,20000' },
      runs: { type: 'string', default: '3' },
      only: { type: 'string', default: PARTS.join(',') },
      burst: { type: 'string', default: '5000' },
      bursts: { type: 'string', default: '10' },
      steady: { type: 'string', default: '10' },
      messages: { type: 'string', default: '500' },
      recipients: { type: 'string', default: '1000,10000,100000' },
      intake: { type: 'string', default: '10000,100000,1000000' },
      sessions: { type: 'string', default: '1,3,6' },
      out: { type: 'string', default: `bench-results/${startedAt.toISOString().replace(/[:.]/g, '-')}.json` },
    },
  });
  const only = values.only.split(',');
  if (!only.every(isPart)) throw new Error(`--only takes ${PARTS.join(', ')}. ${HELP}`);
  return {
    sizes: values.sizes.split(',').map((size) => positive('sizes', size)),
    runs: positive('runs', values.runs),
    only,
    burst: positive('burst', values.burst),
    bursts: positive('bursts', values.bursts),
    steady: positive('steady', values.steady),
    messages: positive('messages', values.messages),
    recipients: values.recipients.split(',').map((count) => positive('recipients', count)),
    intake: values.intake.split(',').map((count) => positive('intake', count)),
    sessions: values.sessions.split(',').map((count) => positive('sessions', count)),
    out: values.out,
  };
}
