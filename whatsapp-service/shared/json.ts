/** Half a character, as JSON.stringify writes it; an escaped backslash before it is skipped, so that text about escapes stays as it is. */
const HALF_CHARACTER = /\\\\|\\ud[89a-f][0-9a-f]{2}/g;

/**
 * JSON that every receiver can read. An emoji that was cut in half is legal in JavaScript, but PHP's `json_decode` refuses the whole
 * document for it; it becomes U+FFFD here.
 */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes('\\ud') ? json.replace(HALF_CHARACTER, (found) => (found === '\\\\' ? found : '\\ufffd')) : json;
}
