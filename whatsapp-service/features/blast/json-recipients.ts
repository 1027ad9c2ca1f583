import { ApiError, invalidField } from '../../contracts/errors.js';

/** Of everything but the recipients. */
const MOST_ELSE = 4_000_000;
/** Of one recipient. */
const MOST_OPEN = 1_000_000;

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

/**
 * Takes the array `recipients` out of a large JSON object while it comes. It finds only where recipients end, and leaves the reading of them to
 * `JSON.parse`, many at once. All other fields have to come before it: nobody is taken in for a blast that is not known yet.
 */
export class JsonRecipients {
  private phase: 'head' | 'array' | 'tail' = 'head';
  /** What is not done with yet, and how far it was looked through. */
  private text = '';
  private at = 0;
  private depth = 0;
  private inString = false;
  private stringFrom = 0;
  /** The last string right inside the object, and whether its colon has come: is the next value the recipients? */
  private key: string | null = null;
  private awaitsValue = false;
  private hasSome = false;
  private other: unknown = null;

  /** Everything but the recipients, as JSON has it. Known as soon as their array begins. */
  get header(): unknown {
    return this.other;
  }

  /** The recipients that are whole now. @throws ApiError `invalid_json`, `invalid_request` */
  feed(chunk: string): unknown[] {
    this.text += chunk;
    if (this.phase === 'head') this.findArray();
    const found = this.phase === 'array' ? this.takeWhole() : [];
    if (this.text.length > (this.phase === 'array' ? MOST_OPEN : MOST_ELSE)) throw invalidField('body', this.phase === 'array' ? 'has a recipient that is too long' : 'has too much beside `recipients`, which must be its last field');
    return found;
  }

  /** All has come. @throws ApiError */
  end(): void {
    if (this.phase === 'array') throw new ApiError('invalid_json');
    if (this.phase === 'head') {
      const whole = parse(this.text);
      throw typeof whole === 'object' && whole !== null ? invalidField('body.recipients', 'is required: an array') : new ApiError('invalid_json');
    }
    const rest = this.text.trim();
    if (rest === '}') return;
    throw rest.startsWith(',') ? invalidField('body.recipients', 'must be the last field of a body of this size: what comes after it would be known too late') : new ApiError('invalid_json');
  }

  private findArray(): void {
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (this.inString) {
        if (code === BACKSLASH) this.at++;
        else if (code === QUOTE) this.endString();
        continue;
      }
      if (isSpace(code)) continue;
      if (this.awaitsValue && this.depth === 1) {
        if (this.key === '"recipients"' && code === OPEN_ARRAY) return this.beginArray();
        this.awaitsValue = false;
      }
      if (code === QUOTE) {
        this.inString = true;
        this.stringFrom = this.at;
      } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) this.depth++;
      else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) this.depth--;
      else if (code === COLON && this.depth === 1) this.awaitsValue = true;
    }
  }

  private endString(): void {
    this.inString = false;
    if (this.depth === 1) this.key = this.text.slice(this.stringFrom, this.at + 1);
  }

  private beginArray(): void {
    this.other = parse(`${this.text.slice(0, this.at)}[]}`);
    this.text = this.text.slice(this.at + 1);
    this.at = 0;
    this.depth = 0;
    this.phase = 'array';
  }

  /** Up to the last comma between recipients, or to the end of the array. */
  private takeWhole(): unknown[] {
    const { text } = this;
    let end = -1;
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at);
      if (this.inString) {
        if (code === BACKSLASH) this.at++;
        else if (code === QUOTE) this.inString = false;
      } else if (code === QUOTE) this.inString = true;
      else if (code === OPEN_OBJECT || code === OPEN_ARRAY) this.depth++;
      else if (code === COMMA && this.depth === 0) end = this.at;
      else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
        if (this.depth === 0) {
          this.phase = 'tail';
          end = this.at;
          break;
        }
        this.depth--;
      }
    }
    if (end === -1) return [];
    const found = parse(`[${text.slice(0, end)}]`) as unknown[];
    // Nothing between two commas, or after the last: only an array without any recipients may be empty.
    if (found.length === 0 && (this.hasSome || this.phase === 'array')) throw new ApiError('invalid_json');
    this.hasSome = true;
    this.text = text.slice(end + 1);
    this.at -= end + 1;
    return found;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiError('invalid_json');
  }
}
