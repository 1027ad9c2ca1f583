import Sequencer from '@jest/test-sequencer';

/**
 * The order of the files where nobody has measured yet, as on a build server: a long one that begins last keeps a single worker busy while
 * the other has nothing to do. By what they took; whatever is not named comes afterwards.
 */
const LONGEST = [
  'bench', 'laravel-receive', 'faults-service', 'fuzz', 'faults-browser', 'laravel-package', 'send-once', 'blast-once', 'session-care', 'service', 'session-tools', 'faults-soak',
  'faults-disk', 'faults-backend', 'laravel-send', 'sandbox', 'broadcast', 'faults-backlog', 'laravel-blast', 'session', 'blast', 'numbers', 'inbound-media', 'realtime', 'inbound', 'contacts', 'laravel-load',
];
const rankOf = ({ path }) => {
  const rank = LONGEST.findIndex((name) => path.endsWith(`/flows/${name}.test.ts`) || path.endsWith(`/contract/${name}.test.ts`));
  return rank === -1 ? LONGEST.length : rank;
};

export default class LongestFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => rankOf(a) - rankOf(b));
  }
}
