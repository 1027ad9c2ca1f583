import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { DEFAULTS_FILE } from '../../../whatsapp-service/config/setting-layers.js';
import { NEVER_SHOWN, SETTING_NAMES, SETTINGS } from '../../../whatsapp-service/config/settings.js';

const text = readFileSync(DEFAULTS_FILE, 'utf8');
const defaults = parseEnv(text);

test('the manual and the schema name exactly the same settings', () => {
  expect(Object.keys(defaults).sort()).toEqual([...SETTING_NAMES].sort());
});

test('every default passes its own schema', () => {
  for (const name of SETTING_NAMES) expect([name, SETTINGS[name].safeParse(defaults[name]).error?.issues[0]?.message]).toEqual([name, undefined]);
});

test('every setting is explained right above it', () => {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (/^[A-Z]/.test(line)) expect([line, /^# [^─]/.test(lines[index - 1] ?? '')]).toEqual([line, true]);
  }
});

test('the limits that the manual tells are those of the schema', () => {
  const blocks = text.split('\n\n').filter((block) => /\d to \d/.test(block));
  expect(blocks.length).toBeGreaterThan(25);
  for (const block of blocks) {
    const name = /^([A-Z_]+)=/m.exec(block)?.[1] as keyof typeof SETTINGS;
    const [, min, max] = /(\d+) to (\d+)/.exec(block) ?? [];
    const passes = (value: number): boolean => SETTINGS[name].safeParse(String(value)).success;
    expect([name, passes(Number(min)), passes(Number(max)), passes(Number(max) + 1), passes(Number(min) - 1)]).toEqual([name, true, true, false, false]);
  }
});

test('the defaults hold no secret, and everything that may hold one is never shown', () => {
  for (const name of NEVER_SHOWN) expect(defaults[name]).toBe('');
  for (const name of SETTING_NAMES) if (/SECRET|TOKEN|KEY|URL/.test(name)) expect(NEVER_SHOWN.has(name)).toBe(true);
});
