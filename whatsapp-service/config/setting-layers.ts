import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { SETTING_NAMES } from './settings.js';
import type { SettingName } from './settings.js';

/** The manual and lowest layer; the same place seen from the sources and from `dist/`. */
export const DEFAULTS_FILE = fileURLToPath(new URL('../../config/default.env', import.meta.url));

export type Environment = Readonly<Record<string, string | undefined>>;

export interface RawSetting {
  value: string;
  /** Named in messages, because the usual question is which of the three holds it. */
  from: 'config/default.env' | '.env' | 'the environment';
}

export interface Layers {
  raw: ReadonlyMap<SettingName, RawSetting>;
  /** Files that are there and cannot be read, in plain words. */
  problems: readonly string[];
  /** Names in `.env` that look like one of ours with a slip of the pen. */
  slips: readonly string[];
}

export interface LayerSources {
  env: Environment;
  defaultsFile: string;
  /** null: there is none. */
  dotenvFile: string | null;
}

/** The value of each setting before it is checked. An empty value counts as none, so the layer below shows through. */
export function readLayers({ env, defaultsFile, dotenvFile }: LayerSources): Layers {
  const problems: string[] = [];
  const defaults = readEnvFile(defaultsFile, problems, 'required');
  const dotenv = dotenvFile === null ? {} : readEnvFile(dotenvFile, problems, 'optional');
  const raw = new Map<SettingName, RawSetting>();
  for (const name of SETTING_NAMES) {
    if (isSet(env[name])) raw.set(name, { value: env[name], from: 'the environment' });
    else if (isSet(dotenv[name])) raw.set(name, { value: dotenv[name], from: '.env' });
    else raw.set(name, { value: defaults[name] ?? '', from: 'config/default.env' });
  }
  return { raw, problems, slips: slipsOfThePen(Object.keys(dotenv)) };
}

const isSet = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';

function readEnvFile(file: string, problems: string[], need: 'required' | 'optional'): Environment {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    if (code === 'ENOENT' && need === 'optional') return {};
    problems.push(`${file}: cannot be read (${code}). ${need === 'required' ? 'It belongs to the service; restore it.' : 'Make it a readable file, or remove it.'}`);
    return {};
  }
}

/** Only `.env` is looked at: the environment is full of other programs' names. */
function slipsOfThePen(names: readonly string[]): string[] {
  const ours = new Set<string>(SETTING_NAMES);
  return names.flatMap((name) => {
    if (ours.has(name)) return [];
    const meant = SETTING_NAMES.find((candidate) => looksLike(name, candidate));
    return meant === undefined ? [] : [`.env sets ${name}, which is no setting and is ignored. Did you mean ${meant}?`];
  });
}

function looksLike(name: string, setting: SettingName): boolean {
  const plain = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
  if (plain(name) === plain(setting)) return true;
  const allowed = setting.length < 6 ? 0 : setting.length < 9 ? 1 : 2;
  return Math.abs(name.length - setting.length) <= allowed && editDistance(name.toUpperCase(), setting) <= allowed;
}

/** Insertions, deletions, replacements, and two neighbours swapped count one each. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
