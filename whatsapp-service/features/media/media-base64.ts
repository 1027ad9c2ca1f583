import { ApiError } from '../../contracts/errors.js';
import { base64Start } from '../../contracts/media-api.js';

/** Characters that are decoded at once; a multiple of four. */
const CHUNK = 65_536;

/** The type that a data URL declares. */
export const dataUrlType = (text: string): string | null => /^data:([\w.+-]+\/[\w.+-]+)[;,]/.exec(text.slice(0, 400))?.[1] ?? null;

/** Decodes piece by piece, so that the bytes are never all in memory. @throws ApiError `invalid_request` for what is not Base64. */
export async function* decodeBase64(text: string): AsyncGenerator<Buffer> {
  let rest = '';
  let isPadded = false;
  for (let at = base64Start(text); at < text.length; at += CHUNK) {
    const piece = text.slice(at, at + CHUNK).replace(/\s+/g, '');
    if (/[^A-Za-z0-9+/_=-]/.test(piece)) throw notBase64();
    const ready = rest + piece;
    const whole = ready.length - (ready.length % 4);
    rest = ready.slice(whole);
    if (/=[^=]/.test(ready) || (isPadded && piece !== '')) throw notBase64();
    isPadded ||= ready.endsWith('=');
    if (whole > 0) yield Buffer.from(ready.slice(0, whole), 'base64');
  }
  // Without its padding it is Base64 all the same; one character alone is not even a byte.
  if (rest.replaceAll('=', '').length === 1) throw notBase64();
  if (rest !== '') yield Buffer.from(rest, 'base64');
}

const notBase64 = (): ApiError => new ApiError('invalid_request', { fields: [{ field: 'body.base64', message: 'must be Base64, or a data URL with Base64' }] });
