import type { Variables } from '../../contracts/blast-api.js';

/** `{{name}}` and `{{name|what stands there without one}}`. */
const PLACE = /\{\{\s*([^{}|\s][^{}|]{0,63}?)\s*(?:\|([^{}]*))?\}\}/g;

export interface Rendered {
  text: string;
  /** Names that had neither a value nor something to stand in for it; nothing stands in their place. */
  missing: string[];
}

/** Puts a recipient's variables into a text. A value is put in as it is: what looks like a place in it is none. */
export function render(template: string, variables: Variables): Rendered {
  const missing = new Set<string>();
  const text = template.replace(PLACE, (_place, name: string, fallback: string | undefined) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : null;
    if (value !== null && value !== undefined && value !== '') return String(value);
    if (fallback !== undefined) return fallback.trim();
    missing.add(name);
    return '';
  });
  return { text, missing: [...missing] };
}

/** One of `count`, at random. */
export const choose = (count: number, random: () => number): number => Math.min(count - 1, Math.floor(random() * count));
