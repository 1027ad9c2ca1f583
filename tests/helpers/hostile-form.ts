import { HOSTILE_TEXTS, wellFormed, type Dice } from './hostile.js';
import { SAMPLES } from './media-samples.js';

const BOUNDARY = 'x7f9c2ba4e88f827d';
const LINE = '\r\n';

/** The only file that imports can read. */
const TABLE = Buffer.from('phone,name,city\r\n081234500001,Budi,Bandung\r\n081234500002,Siti,Solo\r\n');

interface Part {
  head: string;
  content: Buffer;
}

/** A table, as a form sends it. */
export const tableForm = (): { type: string; body: Buffer } => ({ type: `multipart/form-data; boundary=${BOUNDARY}`, body: bodyOf([{ head: 'Content-Disposition: form-data; name="file"; filename="people.csv"\r\nContent-Type: text/csv', content: TABLE }]) });

/** `value` as a form with a file, with something wrong in most of them. */
export function hostileForm(dice: Dice, value: unknown): { type: string; body: Buffer } {
  const parts = [...fieldsOf(dice, value), ...filesOf(dice)];
  const body = bodyOf(parts);
  return { type: `multipart/form-data; boundary=${dice.chance(0.95) ? BOUNDARY : dice.pick(['', 'other', `"${BOUNDARY}`, 'y'.repeat(200)])}`, body: damaged(dice, body) };
}

const bodyOf = (parts: readonly Part[]): Buffer => Buffer.concat([...parts.flatMap(({ head, content }) => [Buffer.from(`--${BOUNDARY}${LINE}${head}${LINE}${LINE}`), content, Buffer.from(LINE)]), Buffer.from(`--${BOUNDARY}--${LINE}`)]);

function fieldsOf(dice: Dice, value: unknown): Part[] {
  if (dice.chance(0.15)) return [field('json', JSON.stringify(value) ?? '')];
  const entries = typeof value === 'object' && value !== null ? Object.entries(value).filter(([name]) => name !== 'media') : [];
  const parts = entries.slice(0, 40).map(([name, inner]) => field(name, typeof inner === 'string' ? inner : (JSON.stringify(inner) ?? '')));
  if (dice.chance(0.2)) parts.push(field(dice.pick(['__proto__', '__proto__[x]', 'constructor[prototype][x]', 'a[b][c][d][e][f][g]', 'a[', 'a]', '[]', '', 'options[99999999]', 'options[-1]', 'length', 'toString', 'y'.repeat(500), 'file', 'json']), dice.pick(HOSTILE_TEXTS)));
  if (dice.chance(0.03)) parts.push(...Array.from({ length: 60 }, (_, index) => field(`f${index}`, 'x')));
  if (dice.chance(0.02)) parts.push(field('text', 'y'.repeat(700_000)));
  return parts;
}

function filesOf(dice: Dice): Part[] {
  const count = dice.chance(0.9) ? 1 : dice.int(4);
  return Array.from({ length: count }, () => {
    const content = dice.chance(0.8) ? dice.pick([...Object.values(SAMPLES), TABLE]) : dice.pick([Buffer.alloc(0), dice.bytes(300), Buffer.alloc(1_500_000, 1)]);
    const name = dice.chance(0.9) ? 'file' : dice.pick(['files', '', 'file[]', 'media', '__proto__']);
    const filename = dice.chance(0.6) ? 'gambar.png' : dice.pick(HOSTILE_TEXTS).slice(0, 2_000).replaceAll(/["\r\n]/g, '_');
    return { head: `Content-Disposition: form-data; name="${name}"; filename="${wellFormed(filename)}"${LINE}Content-Type: ${dice.pick(['image/png', 'audio/ogg', 'application/pdf', 'text/html', 'nonsense', '', 'é', '../../x', `a/${'b'.repeat(500)}`])}`, content };
  });
}

const field = (name: string, content: string): Part => ({ head: `Content-Disposition: form-data; name="${wellFormed(name).replaceAll(/["\r\n]/g, '_')}"`, content: Buffer.from(content) });

function damaged(dice: Dice, body: Buffer): Buffer {
  switch (dice.int(12)) {
    case 0:
      return body.subarray(0, dice.int(body.length));
    case 1:
      return Buffer.concat([body.subarray(0, 20), dice.bytes(30), body.subarray(20)]);
    case 2:
      return Buffer.from(body.toString('latin1').replace('Content-Disposition', dice.pick(['Content-Disposal', `X-Long: ${'y'.repeat(90_000)}${LINE}Content-Disposition`, ''])), 'latin1');
    default:
      return body;
  }
}
