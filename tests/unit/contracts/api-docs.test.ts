import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../../whatsapp-service/app.js';
import { loadConfig } from '../../../whatsapp-service/config/load-config.js';
import { SEND_EXAMPLES, zSendMessage } from '../../../whatsapp-service/contracts/message-api.js';
import { MESSAGE_REASONS, MESSAGE_STATES, SESSION_REASONS, SESSION_STATES } from '../../../whatsapp-service/contracts/states.js';
import type { OpenApiDocument } from '../../../whatsapp-service/http/openapi.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';

const PAGES = ['docs/api.md', 'docs/api-sessions.md', 'docs/api-directory.md', 'docs/api-webhooks.md', 'docs/api-contacts.md', 'docs/api-blast.md', 'docs/api-broadcast.md'];

let page: string;
let served: string[];

beforeAll(async () => {
  page = (await Promise.all(PAGES.map((name) => readFile(name, 'utf8')))).join('\n');
  served = await servedRoutes();
});

/** What the whole application serves, by its own documentation. */
async function servedRoutes(): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bridge-docs-'));
  const env = { ENGINE: 'webjs', PORT: '0', BACKEND_URL: 'http://127.0.0.1:9', WEBHOOK_SECRET: 'kf83hd62-test-only-4f8a0c1e9b7d5a3f', DATA_DIR: join(dir, 'data'), SESSIONS_DIR: join(dir, 'sessions'), LOG_DIR: join(dir, 'logs') };
  const app = await createApp(loadConfig({ env, dotenvFile: null, isTerminal: false }), { logger: silentLogger });
  const { port } = await app.start();
  const { paths } = (await (await fetch(`http://127.0.0.1:${port}/docs/openapi.json`)).json()) as OpenApiDocument;
  await app.stop();
  await rm(dir, { recursive: true, force: true });
  return Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)).sort();
}

/** The code blocks of one language, each as a whole. */
const blocks = (language: string): string[] => [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code]) => code ?? '');

interface Example {
  method: string;
  path: string;
  line: string;
}

/** `…/start   # also stop, restart` stands for one example of each. */
const withAlso = ({ method, path, line }: Example): Example[] => {
  const others = /(?:#|\/\/) also ([a-z, -]+)$/.exec(line)?.[1]?.split(', ') ?? [];
  return [{ method, path, line }, ...others.map((name) => ({ method, path: path.replace(/[^/]+$/, name), line }))];
};

function curls(): Example[] {
  const shell = blocks('sh').join('\n').replaceAll('\\\n', ' ');
  const groupUrl = /^G=(.*)$/m.exec(shell)?.[1] ?? '';
  const lines = shell.replaceAll('$G', groupUrl).split('\n').filter((line) => line.startsWith('curl '));
  return lines.flatMap((line) => {
    const method = / -X ([A-Z]+)/.exec(line)?.[1] ?? (/ -[dF] /.test(line) ? 'POST' : 'GET');
    return withAlso({ method, path: pathOf(/\$BRIDGE([^\s"]*)/.exec(line)?.[1]), line });
  });
}

function laravels(): Example[] {
  return blocks('php').join('\n').split('\n').flatMap((line) =>
    [...line.matchAll(/(?:->|::)(get|post|put|patch|delete)\((?:config\([^)]*\)\.)?(["'])(\/[^"']*)\2/g)].flatMap(([, method = '', , path]) => withAlso({ method: method.toUpperCase(), path: pathOf(path), line })),
  );
}

const pathOf = (path = ''): string => path.split('?')[0] ?? '';

const isOf = (route: string, { method, path }: Example): boolean => {
  const [verb, pattern = ''] = route.split(' ');
  return verb === method && new RegExp(`^${pattern.replaceAll(/\{[^}]*\}/g, '[^/]+')}$`).test(path);
};

describe('the documentation of the API', () => {
  test('names every route that is served, and no other', () => {
    const named = [...page.matchAll(/`([A-Z]+ \/[^`\s]*)`/g)].map(([, name]) => name ?? '').filter((name) => name !== 'GET /docs');
    expect([...new Set(named)].sort()).toEqual(served);
  });

  test('has a curl and a Laravel example of every route', () => {
    const given = { curl: curls(), laravel: laravels() };
    for (const [kind, examples] of Object.entries(given)) {
      const missing = served.filter((route) => !examples.some((example) => isOf(route, example)));
      const strange = examples.filter((example) => !served.some((route) => isOf(route, example))).map(({ line }) => line);
      // The metrics are a scraper's to read.
      expect({ kind, missing: missing.filter((route) => kind === 'curl' || route !== 'GET /metrics'), strange }).toEqual({ kind, missing: [], strange: [] });
    }
  });

  test('sends only what the API takes, and shows every kind in both', () => {
    const sends = curls().filter(({ method, path, line }) => method === 'POST' && path === '/api/messages' && line.includes(' -d '));
    const bodies = sends.map(({ line }) => JSON.parse(/-d '([^']*)'/.exec(line)?.[1] ?? '') as { type?: string });
    for (const body of bodies) expect([body, zSendMessage.safeParse(body).error?.issues]).toEqual([body, undefined]);
    const kinds = Object.keys(SEND_EXAMPLES).sort();
    expect([...new Set(bodies.map(({ type = 'text' }) => type))].sort()).toEqual(kinds);
    const inPhp = [...blocks('php').join('\n').matchAll(/'type' => '([a-z]+)'/g)].map(([, kind]) => kind);
    expect(inPhp).toEqual(expect.arrayContaining(kinds));
  });

  test('lists every reason of a session with its sentence', () => {
    const rows = [...page.matchAll(/^\| `([a-z_]+)` \| ((?:`[A-Z_]+` ?)+) \| (.+) \|$/gm)];
    expect(rows.map(([, code, , sentence]) => [code, sentence])).toEqual(Object.entries(SESSION_REASONS).map(([code, { message }]) => [code, message]));
    const states = rows.flatMap(([, , cell = '']) => cell.match(/[A-Z_]+/g) ?? []);
    expect(new Set(states)).toEqual(new Set(SESSION_STATES));
  });

  test('lists every reason of a message with its sentence, and every state', () => {
    const rows = [...page.matchAll(/^\| `([a-z_]+)` \| `(failed|unknown|cancelled)` \| (.+) \|$/gm)].map(([, code, , sentence]) => [code, sentence]);
    expect(rows).toEqual(Object.entries(MESSAGE_REASONS));
    for (const state of MESSAGE_STATES) expect(page).toMatch(new RegExp(`\`[^\`]*\\b${state}\\b[^\`]*\``));
  });
});
