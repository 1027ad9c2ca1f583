import { seeded } from './seeded.js';

/** What a hostile or broken caller makes of a request, the same for the same seed. */

export class Dice {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seeded(seed);
  }

  /** From 0 to `below` - 1. */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.int(256)));
  }
}

const nested = (depth: number): unknown => Array.from({ length: depth }).reduce((inner) => ({ a: [inner] }), 1);

export const HOSTILE_TEXTS = [
  '', ' ', '\u0000', 'a\u0000b', '\u0007\u001b[31m', '\r\nX-Evil: 1', '\ud800', 'a\udc00b', '\ud83d', '\ufeff', '\u202efdp.exe', '\u2028', 'é'.normalize('NFD'), '😀'.repeat(40), '𝟘𝟠𝟙𝟚', '٠٨١٢٣٤٥٦٧٨٩',
  '__proto__', 'constructor', 'toString', 'undefined', 'null', 'NaN', 'Infinity', 'true', '0', '-1', '1e309', '0x10', '9007199254740993',
  "'; DROP TABLE message; --", "' OR 1=1 --", '" OR ""="', '%27', '\\', '../../../../etc/passwd', '..\\..\\windows\\win.ini', '/dev/zero', 'C:\\', 'file:///etc/passwd', '~root',
  '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '{{7*7}}', '${7*7}', '$(id)', '`id`', '%s%n%x', '=cmd|calc', 'javascript:alert(1)', 'data:text/html,x',
  '+', '+62', '0'.repeat(64), '+'.repeat(70), '62812345678901234567890', '081234567890', '6281234567890@c.us', '6281234567890@lid', '@c.us', '@', 'status@broadcast', '120363000000000001@g.us', '120363000000000001@newsletter', '1@g.us', '6281234567890@evil.example',
  'msg_00000000000000000000000000000000', 'med_00000000000000000000000000000000', 'true_6281234567890@c.us_3EB0FFFFFFFFFFFFFFFF', 'false_6281234567890@c.us_3A', 'true_120363000000000001@g.us_3EB0F_6281234567890@c.us', 'true__@c.us_', 'true_x@c.us_3EB0',
  'http://127.0.0.1/', 'http://[::1]:80/', 'http://169.254.169.254/latest/meta-data/', 'http://0x7f000001/', 'http://2130706433/', 'http://user:pw@127.0.0.1/', 'http://localhost:1/', 'gopher://127.0.0.1/', 'http://[::ffff:10.0.0.1]/', 'http://', 'http://%', '//x', 'http://127.0.0.1:99999/',
  'data:image/png;base64,', 'data:;base64,AAAA', '====', 'AAA', 'A===', 'iVBORw0KGgo=', 'TVqQAAMAAAAEAAAA', 'PCFET0NUWVBFIGh0bWw+PGh0bWw+',
  'x'.repeat(129), 'x'.repeat(1_025), 'x'.repeat(5_000), 'ha '.repeat(23_000), '\u0300'.repeat(1_000), 'a'.repeat(30_000) + '!',
] as const;

const HOSTILE_VALUES: readonly unknown[] = [
  null, true, false, 0, -0, -1, 1, 0.1, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21, [], {}, [[]], [null], [[[]]], nested(5), nested(31), nested(40), nested(500), Array(600).fill('0812'), Array(5_000).fill(0), Array(200).fill({ name: 'x' }),
  { toString: 1, valueOf: 2, hasOwnProperty: 3, length: -1, then: 'x', toJSON: 'x' }, { constructor: { prototype: { polluted: true } } }, { length: 1, 0: 'x' }, Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key${index}`, index])),
];

const HOSTILE_NAMES = ['constructor', 'toString', 'then', 'hasOwnProperty', '', ' ', '0', '-1', 'a.b', 'a[b]', '\u0000', '\ud800', 'x'.repeat(3_000), 'session_id', 'to', 'type', 'media', 'id', '$where', 'fields', 'status'];

/** Without halves of characters, for where bytes are wanted. */
export const wellFormed = (text: string): string => Buffer.from(text).toString();

export const hostileValue = (dice: Dice): unknown => (dice.chance(0.6) ? dice.pick(HOSTILE_TEXTS) : structuredClone(dice.pick(HOSTILE_VALUES)));

type Place = { holder: Record<string, unknown>; name: string };

/** A copy of `value` with some of its parts changed, each in one of the ways in which callers go wrong. */
export function mutated(dice: Dice, value: unknown, times: number): unknown {
  const root: { value?: unknown } = { value: structuredClone(value) };
  for (let time = 0; time < times && 'value' in root; time++) mutateOnce(dice, dice.pick(placesIn(root)));
  return root.value;
}

function placesIn(root: object): Place[] {
  const places: Place[] = [];
  const open: unknown[] = [root];
  for (let holder = open.pop(); holder !== undefined && places.length < 500; holder = open.pop()) {
    for (const [name, inner] of Object.entries(holder as object)) {
      places.push({ holder: holder as Record<string, unknown>, name });
      if (typeof inner === 'object' && inner !== null) open.push(inner);
    }
  }
  return places;
}

function mutateOnce(dice: Dice, { holder, name }: Place): void {
  const old = holder[name];
  switch (dice.int(9)) {
    case 0:
      delete holder[name];
      return;
    case 1:
      holder[name] = [old];
      return;
    case 2:
      holder[name] = typeof old === 'string' ? mixed(dice, old) : (JSON.stringify(old) ?? '');
      return;
    case 3:
      if (Array.isArray(old)) holder[name] = Array.from({ length: dice.pick([0, 2, 13, 60, 501]) }, () => (old as unknown[])[0]);
      else if (typeof old === 'object' && old !== null) (old as Record<string, unknown>)[dice.pick(HOSTILE_NAMES)] = hostileValue(dice);
      else holder[name] = { value: old };
      return;
    case 4:
      if (typeof old === 'number') holder[name] = dice.pick([-old, old * 1e9, old + 0.5, 1e308, 2 ** 53]);
      else holder[name] = dice.pick([0, -1, 1e308, true, null]);
      return;
    default:
      holder[name] = hostileValue(dice);
  }
}

function mixed(dice: Dice, text: string): string {
  const at = dice.int(text.length + 1);
  return text.slice(0, at) + dice.pick(HOSTILE_TEXTS) + text.slice(dice.chance(0.5) ? at : at + 1);
}

/** JSON text that a broken caller would write; mostly it is left as it is. */
export function brokenJson(dice: Dice, json: string): Buffer {
  const cut = dice.int(json.length + 1);
  switch (dice.int(40)) {
    case 0:
      return Buffer.from(json.slice(0, cut));
    case 1:
      return Buffer.concat([Buffer.from(json.slice(0, cut)), dice.bytes(3), Buffer.from(json.slice(cut))]);
    case 2:
      return Buffer.from(json.replace(/-?\d+(?:\.\d+)?/, dice.pick(['NaN', 'Infinity', '-Infinity', '1e999', '-1e999', '0x10', '01', '1_000', '.5', '-'])));
    case 3:
      return Buffer.from(json.replace(/"[a-z_]+":/, '"__proto__":'));
    case 4:
      return Buffer.from(json.replace('{', '{"__proto__":{"polluted":true},'));
    case 5:
      return Buffer.from(`${'['.repeat(20_000)}${json}`);
    case 6:
      return Buffer.from(`\ufeff${json}`);
    case 7:
      return Buffer.from(json, 'utf16le');
    case 8:
      return Buffer.from(dice.pick(['', ' ', 'null', '[]', '{}', '"x"', '0', 'undefined', '{"a":1,"a":2}', '{', '\u0000', "{'a':1}", '{"a":1}{"b":2}', '// x\n{}']));
    case 9:
      return dice.bytes(dice.int(400));
    default:
      return Buffer.from(json);
  }
}
