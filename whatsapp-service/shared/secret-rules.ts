/**
 * What a webhook secret must be. A forged webhook is only as hard to make as its secret is to guess, so that a secret
 * that was copied from a page, typed by hand or left as it was delivered is refused before anything is signed with it.
 */
const MIN_CHARACTERS = 32;
/** Standard Webhooks: "At least 24 bytes (192 bits)". */
const MIN_KEY_BYTES = 24;
const PREFIX = 'whsec_';
const HOW_TO_MAKE_ONE = 'Make one with `openssl rand -hex 32`.';

/** Words that people write where a secret belongs. Long enough that a random secret practically never holds one. */
const PLACEHOLDER_WORDS =
  /change[-_ ]?me|change[-_ ]?this|replace[-_ ]?(me|this|with)|your[-_ ]|example|placeholder|secret|password|insert[-_ ]|dummy[-_ ]|^<.*>$|x{6,}|\*{4,}/i;

/** Secrets that anyone can read: in this repository's examples and in the Standard Webhooks documentation. */
const PUBLISHED_SECRETS: ReadonlySet<string> = new Set([
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'whsec_C2FVsBQIhrscChlQIBCP3ea3nf0TqDhZ',
  '8fa29d5606bffb5d55037c6a4ebee4cd6aeb111fe95be07c',
  'ba70d49948ab43f97a841990a57cc74ad292bb70dceda869',
  'whsec_1QwyPK+xLQDl/2CFcYASecry+1b4ZQGqNpfWlRSKR4k=',
  'whsec_hWbeCD+rK63mJOlTe/XyleSPrhxT2K3T',
]);

/**
 * Why this secret must not be used, as a sentence that tells what to do, or null when it is good.
 * The sentence never contains the secret.
 */
export function secretProblem(secret: string): string | null {
  if (secret.trim() === '') return `The secret is empty. ${HOW_TO_MAKE_ONE}`;
  // A dotenv file, a shell and PHP disagree about spaces and about bytes beyond ASCII: the two sides would sign with different keys.
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    return `The secret contains a space, a line break or a character beyond ASCII, which the two sides may read differently. ${HOW_TO_MAKE_ONE}`;
  }
  if (PUBLISHED_SECRETS.has(secret)) return `The secret is an example from the documentation, which anyone can read. ${HOW_TO_MAKE_ONE}`;
  return secret.startsWith(PREFIX) ? keyProblem(secret.slice(PREFIX.length)) : textProblem(secret);
}

function keyProblem(encoded: string): string | null {
  if (PLACEHOLDER_WORDS.test(encoded)) return placeholder();
  // Decoders disagree about anything but padded standard base64: strict ones refuse it, lenient ones make another key of it.
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
    return 'The part of the secret after `whsec_` is not standard base64 with padding. Make one with `echo "whsec_$(openssl rand -base64 32)"`.';
  }
  const key = Buffer.from(encoded, 'base64');
  if (key.length < MIN_KEY_BYTES) {
    return `The part of the secret after \`whsec_\` decodes to ${key.length} bytes; at least ${MIN_KEY_BYTES} are needed. Make one with \`echo "whsec_$(openssl rand -base64 32)"\`.`;
  }
  const text = key.toString('latin1');
  // Words are only looked for in what somebody typed; among random bytes they would be chance.
  return (/^[\x20-\x7e]+$/.test(text) && PLACEHOLDER_WORDS.test(text)) || isMonotonous(text) ? placeholder() : null;
}

function textProblem(secret: string): string | null {
  if (secret.length < MIN_CHARACTERS) {
    return `The secret has ${secret.length} characters; at least ${MIN_CHARACTERS} are needed. ${HOW_TO_MAKE_ONE}`;
  }
  return PLACEHOLDER_WORDS.test(secret) || isMonotonous(secret) ? placeholder() : null;
}

const placeholder = (): string => `The secret looks like a placeholder or a pattern, not like random characters. ${HOW_TO_MAKE_ONE}`;

/** Few different characters, one pattern over and over, or a run along the alphabet: no random secret looks like this. */
function isMonotonous(text: string): boolean {
  if (new Set(text).size < 8) return true;
  let steps = 0;
  for (let i = 1; i < text.length; i++) if (text.charCodeAt(i) - text.charCodeAt(i - 1) === 1) steps++;
  return steps > text.length / 2 || hasPeriod(text);
}

function hasPeriod(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period++) {
    if (text.slice(period) === text.slice(0, text.length - period)) return true;
  }
  return false;
}
