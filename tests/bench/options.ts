import { parseArgs } from 'node:util';

export interface Options {
  /** Chats of the accounts that are synced. */
  sizes: number[];
  /** Runs of everything whose time is taken; medians are told. */
  runs: number;
  only: 'sync' | 'inbound' | 'send' | null;
  /** Messages of a burst, and how many bursts there are under load. */
  burst: number;
  bursts: number;
  /** Texts that are sent. */
  messages: number;
  /** The JSON. */
  out: string;
}

const HELP = `npm run bench -- [--sizes 500,5000,20000] [--runs 3] [--only sync|inbound|send] [--burst 5000] [--bursts 10] [--messages 500] [--out bench-results/NAME.json]`;

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
      only: { type: 'string' },
      burst: { type: 'string', default: '5000' },
      bursts: { type: 'string', default: '10' },
      messages: { type: 'string', default: '500' },
      out: { type: 'string', default: `bench-results/${startedAt.toISOString().replace(/[:.]/g, '-')}.json` },
    },
  });
  const { only } = values;
  if (only !== undefined && only !== 'sync' && only !== 'inbound' && only !== 'send') throw new Error(`--only is sync, inbound or send. ${HELP}`);
  return {
    sizes: values.sizes.split(',').map((size) => positive('sizes', size)),
    runs: positive('runs', values.runs),
    only: only ?? null,
    burst: positive('burst', values.burst),
    bursts: positive('bursts', values.bursts),
    messages: positive('messages', values.messages),
    out: values.out,
  };
}
