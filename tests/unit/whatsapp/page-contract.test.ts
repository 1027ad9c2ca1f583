import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { CONTRACT_PARTS } from '../../../whatsapp-service/whatsapp/web/page-contract.js';

const PAGE = new URL('../../../whatsapp-service/whatsapp/web/page/', import.meta.url);
const LIBRARY = createRequire(import.meta.url).resolve('whatsapp-web.js').replace(/index\.js$/, 'src/');

const known = new Set(CONTRACT_PARTS.map(({ module }) => module));
const named = (text: string): string[] => [...text.matchAll(/(?:require|bridge\.module)\(\s*'(WA\w+)'/g)].map(([, module]) => module ?? '');

/** What the bridge calls of the library inside the page, and what these call in turn. */
const CALLED = ['sendMessage', 'sendSeen', 'sendChatstate', 'getMessageModel', 'getContact', 'getContactModel', 'editMessage', 'toStickerData', 'processMediaData', 'processStickerData'];
/** Branches of these that the bridge never takes: events of a calendar, bots, channels and status posts, and contacts by their id. */
const NEVER_REACHED = [
  'WAWebGenerateEventCallLink', 'WAWebFrontendVcardUtils', 'WAWebVcardParsingUtils', 'WAWebVcardGetNameFromParsed', 'WAWebBotMessageSecret', 'WAWebBotProfileCollection',
  'WAWebMsgDataFromModel', 'WAWebNewsletterUpdateMsgsRecordsJob', 'WAWebNewsletterSendMessageJob', 'WAWebMediaUpdateMsg', 'WAWebStatusGatingUtils', 'WAWebSendStatusMsgAction', 'WAMediaCalculateFilehash',
];

function libraryFunctions(): string {
  const text = readFileSync(`${LIBRARY}util/Injected/Utils.js`, 'utf8');
  const parts = text.split(/\n {4}window\.WWebJS\.(\w+) = /);
  const found = CALLED.map((name) => parts[parts.indexOf(name) + 1] ?? '');
  expect(found.filter((body) => body.length < 20)).toEqual([]);
  return found.join('\n');
}

describe('what is used of WhatsApp Web', () => {
  test('is known, as far as the bridge itself uses it', () => {
    const used = readdirSync(PAGE).flatMap((file) => named(readFileSync(new URL(file, PAGE), 'utf8')));
    expect(used.length).toBeGreaterThan(20);
    expect([...new Set(used)].filter((module) => !known.has(module))).toEqual([]);
  });

  test('is known, as far as the library uses it when it starts', () => {
    const folder = `${LIBRARY}util/Injected/AuthStore/`;
    const used = readdirSync(folder).flatMap((file) => named(readFileSync(folder + file, 'utf8')));
    expect(used).toContain('WAWebConnModel');
    // Only asked for its version, where a page of long ago had it elsewhere.
    expect([...new Set(used)].filter((module) => !known.has(module))).toEqual([]);
  });

  test('is known, as far as the bridge calls the library', () => {
    const used = named(libraryFunctions());
    expect(used.length).toBeGreaterThan(30);
    expect([...new Set(used)].filter((module) => !known.has(module)).sort()).toEqual([...NEVER_REACHED].sort());
  });

  test('names each part once for a feature, and an essential one only below the session', () => {
    const names = CONTRACT_PARTS.map(({ feature, module, field }) => `${feature} ${module}.${field ?? ''}`);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(CONTRACT_PARTS.filter(({ essential }) => essential).map(({ feature }) => feature))).toEqual(new Set(['session']));
  });
});
