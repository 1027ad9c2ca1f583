import { METHODS } from 'node:http';
import { gzipSync } from 'node:zlib';
import { zCreateSession } from '../../whatsapp-service/contracts/session-api.js';
import type { OpenApiDocument, OpenApiOperation } from '../../whatsapp-service/http/openapi.js';
import { brokenJson, hostileValue, HOSTILE_TEXTS, mutated, wellFormed, type Dice } from './hostile.js';
import { hostileForm, tableForm } from './hostile-form.js';

/** A route as its own documentation shows it: what a caller knows of it. */
export interface Operation {
  method: string;
  path: string;
  query: { name: string; values: readonly string[] }[];
  bodies: unknown[];
  takesForms: boolean;
}

/** Ids that exist, for the parameter `name` (or any) of the paths that begin so. */
export interface Place {
  path: string;
  name?: string;
  ids: readonly string[];
}

/** Names that exist, so that requests get further than the first look-up. */
export interface Known {
  session: string;
  messages: readonly string[];
  jids: readonly string[];
  /** The first that fits is taken. */
  places: readonly Place[];
  /** Of which the account is an admin; it leaves the last one. */
  groups: readonly string[];
  /** Keys by what they may do. */
  keys: readonly string[];
  /** Where `https://shop.example` is in the bodies' place. */
  files: string;
}

export interface Sent {
  /** The operation that was meant; null for a path of chance. */
  operation: Operation | null;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
}

/** Nobody ever makes a session of this name. */
const NOBODY = 'nobody-here';

export function operationsOf(document: OpenApiDocument, known: Known): Operation[] {
  return Object.entries(document.paths)
    .filter(([path]) => !path.startsWith('/sandbox'))
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => operationOf(method.toUpperCase(), path, operation, known)));
}

interface Content {
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

function operationOf(method: string, path: string, operation: OpenApiOperation, known: Known): Operation {
  const content = (operation.requestBody?.content ?? {}) as Record<string, Content>;
  const json = content['application/json'];
  const examples = json?.examples ? Object.values(json.examples).map(({ value }) => value) : json?.example === undefined ? [] : [json.example];
  const query = operation.parameters.filter((parameter) => parameter.in === 'query').map((parameter) => ({ name: String(parameter.name), values: queryValues(parameter.schema) }));
  return { method, path, query, bodies: examples.map((example) => withKnown(example, known)), takesForms: 'multipart/form-data' in content };
}

function queryValues(schema: unknown): string[] {
  const { enum: values, type } = schema as { enum?: unknown[]; type?: string };
  if (values) return values.map(String);
  return type === 'number' || type === 'integer' ? ['1', '5', '50'] : type === 'boolean' ? ['true', 'false'] : [];
}

function withKnown(example: unknown, known: Known): unknown {
  const text = JSON.stringify(example)
    .replaceAll('https://shop.example', known.files)
    .replaceAll(/msg_[0-9a-f]{32}/g, known.messages[0] ?? 'msg_')
    .replaceAll(/120363\d+@g\.us/g, known.groups[0] ?? '120363000000000001@g.us');
  return JSON.parse(text);
}

const QUERIES = ['', '?', '?limit=', '?limit=-1', '?limit=1e9', '?limit[]=1', '?limit[a]=1', '?session_id=12', '?__proto__[x]=1', '?constructor[prototype][x]=1', '?%', '?%ff=%ff', '?=', '?&&&', `?${'a=1&'.repeat(1_500)}`, '?session_id=sales&session_id=other', '?to=0812', '?state=nonsense', '?cursor=%00', '?key=wab_secret', '?api_key=x', '?wait=sent%00', '?wait_seconds=1e999'];
const CURSORS = ['0:msg_00000000000000000000000000000000', '999999999999999:msg_ffffffffffffffffffffffffffffffff', '-1:x', '{"t":-1}', '[]', '{"id":"x","t":1e308}', "1' OR '1'='1"].map((text) => Buffer.from(text).toString('base64url'));
const SEGMENTS = ['api', 'sessions', 'messages', NOBODY, '12', 'qr', 'health', 'docs', 'openapi.json', 'swagger-ui.css', 'chats', 'numbers', 'check', 'media', '..', '.', '', '%2e%2e', '%00', '%E0%A4%A', '%', '*', '{id}', ':id', 'a b', '😀', '%F0%9F%98%80', '__proto__', 'constructor', '\\', 'x'.repeat(3_000), '-1', '1e9', 'null', '.env', '.git', 'index.php', 'metrics'];
const TYPES = ['application/json; charset=utf-8', 'application/json;charset', 'application/json; charset="', 'application/json; charset=utf-16', 'text/plain', 'multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary="', '', ';', '/', 'application/x-www-form-urlencoded', 'application/json, text/html', 'application/problem+json', 'application/octet-stream', '\u00ff'];
const ENCODINGS = ['gzip', 'deflate', 'br', 'identity', 'zstd', 'x', 'gzip,gzip', ''];
const ACCEPTS = ['*/*', 'image/png', 'image/*;q=0', 'nonsense', ';;;', ',', 'text/html;q=2', 'application/json;q=abc', 'x'.repeat(500)];
const IDEMPOTENCY = ['a', 'b', 'c', 'd', 'e', '', 'a b', 'x'.repeat(300), 'é', '"', "';--", '__proto__'];

type Header = readonly [name: string, values: readonly string[], share: number];
const HEADERS: readonly Header[] = [
  ['accept', ACCEPTS, 0.1],
  ['idempotency-key', IDEMPOTENCY, 0.12],
  ['x-request-id', ['a', '', 'a b', 'x'.repeat(300), 'ü', '{"a":1}', '../../x'], 0.06],
  ['x-http-method-override', ['DELETE', 'TRACE'], 0.03],
  ['range', ['bytes=0-1', 'bytes=99999999-', 'bytes=-', 'x=1'], 0.03],
  ['if-none-match', ['*', '"x"', 'nonsense'], 0.02],
  ['if-modified-since', ['nonsense', 'Thu, 01 Jan 1970 00:00:00 GMT'], 0.02],
  ['host', ['', 'evil.example', 'x'.repeat(300), '[::1', '127.0.0.1:99999'], 0.03],
  ['x-forwarded-host', ['evil.example'], 0.02],
  ['x-forwarded-proto', ['https', 'javascript'], 0.02],
  ['upgrade', ['websocket', 'h2c'], 0.02],
  ['expect', ['nonsense'], 0.01],
  ['cookie', ['a=b', '='.repeat(3_000), '__proto__=1'], 0.02],
  ['origin', ['https://evil.example', 'null'], 0.02],
  ['x-padding', ['y'.repeat(14_000), 'y'.repeat(20_000)], 0.01],
];

const ALL_METHODS = METHODS.filter((method) => method !== 'CONNECT');

/** One request: mostly one that a route takes, with something in it that is wrong. */
export function hostileRequest(dice: Dice, operations: readonly Operation[], known: Known): Sent {
  const sending = operations.find(({ method, path }) => method === 'POST' && path === '/api/messages') ?? null;
  const operation = dice.chance(0.08) ? null : dice.chance(0.45) ? sending : dice.pick(operations);
  const method = operation && dice.chance(0.95) ? operation.method : dice.pick(ALL_METHODS);
  const path = operation ? hostilePath(dice, operation, method, known) + queryOf(dice, operation) : pathOfChance(dice) + dice.pick(QUERIES);
  const headers: Sent['headers'] = { ...keyHeader(dice, known) };
  for (const [name, values, share] of HEADERS) if (dice.chance(share)) headers[name] = dice.pick(values);
  const body = method === 'GET' || dice.chance(0.03) ? null : bodyOf(dice, operation, headers);
  return { operation, method, path, headers, body: body && finished(dice, body, headers) };
}

/** As somebody writes it who has read the documentation. */
export function plainRequest(dice: Dice, operation: Operation, known: Known): Sent {
  const { method, bodies, takesForms } = operation;
  const headers: Sent['headers'] = { 'x-api-key': known.keys[0] ?? '' };
  const path = filledPath(dice, operation, known);
  if (method === 'GET') return { operation, method, path, headers, body: null };
  const form = takesForms && bodies.length === 0 ? tableForm() : null;
  const body = form?.body ?? Buffer.from(JSON.stringify(bodies.length > 0 ? dice.pick(bodies) : {}));
  Object.assign(headers, { 'content-type': form?.type ?? 'application/json', 'content-length': String(body.length) });
  return { operation, method, path, headers, body };
}

const isLifecycle = (method: string, path: string): boolean => method === 'DELETE' || (path.startsWith('/api/sessions/{id}/') && /\/(start|stop|restart|logout)$/.test(path));

function hostilePath(dice: Dice, operation: Operation, method: string, known: Known): string {
  const { path } = operation;
  // No end of the session, and no key that is lost: the rest would then say nothing.
  const session = isLifecycle(method, path) && /^\/api\/sessions\/\{id\}(\/[a-z]+)?$/.test(path) ? NOBODY : known.session;
  return filledPath(dice, { ...operation, method, path: path.replaceAll(/\{[^}]*\}/g, (whole) => (dice.chance(0.2) ? hostileSegment(dice, session) : whole)) }, { ...known, session });
}

/** It ends what it is asked of, or uses it up. */
const isEnd = ({ method, path }: Operation): boolean => method === 'DELETE' || /\/(stop|cancel|cancel\/\{job_id\})$/.test(path);

function filledPath(dice: Dice, operation: Operation, known: Known): string {
  const { path } = operation;
  return path.replaceAll(/\{([^}]*)\}/g, (_whole, name: string) => {
    if (name === 'id' && path.startsWith('/api/sessions/')) return known.session;
    const place = known.places.find((one) => path.startsWith(one.path) && (one.name ?? name) === name);
    if (place) return encodeURIComponent(dice.pick(isEnd(operation) ? place.ids.slice(-Math.ceil(place.ids.length / 3)) : place.ids));
    if (name === 'group_id') return (path.endsWith('/leave') ? known.groups.at(-1) : dice.pick(known.groups)) ?? NOBODY;
    return encodeURIComponent(dice.pick(known.jids));
  });
}

function hostileSegment(dice: Dice, session: string): string {
  const segment = dice.chance(0.5) ? dice.pick(SEGMENTS) : encoded(dice.pick(HOSTILE_TEXTS).slice(0, 1_000));
  return segment === '' || segment === session ? NOBODY : segment;
}

const encoded = (text: string): string => encodeURIComponent(wellFormed(text));

const pathOfChance = (dice: Dice): string => `/${Array.from({ length: 1 + dice.int(4) }, () => dice.pick(SEGMENTS)).join('/')}`;

function queryOf(dice: Dice, operation: Operation): string {
  if (dice.chance(0.1)) return dice.pick(QUERIES);
  const given = operation.query.filter(() => dice.chance(0.3));
  const pairs = given.map(({ name, values }) => `${name}=${encoded(queryValue(dice, name, values))}`);
  // A wait for a message of a long queue would hold everything up.
  const bounded = pairs.some((pair) => pair === 'wait=sent') ? [...pairs.filter((pair) => !pair.startsWith('wait')), ...(dice.chance(0.1) ? ['wait=sent', 'wait_seconds=1'] : [])] : pairs;
  return bounded.length === 0 ? '' : `?${bounded.join('&')}`;
}

function queryValue(dice: Dice, name: string, values: readonly string[]): string {
  if (name.includes('cursor') && dice.chance(0.6)) return dice.pick(CURSORS);
  return values.length > 0 && dice.chance(0.7) ? dice.pick(values) : dice.pick(HOSTILE_TEXTS).slice(0, 2_000);
}

/** A wrong key comes from an address of its own: the limit on failed keys would otherwise hide everything behind 429. */
function keyHeader(dice: Dice, { keys }: Known): Sent['headers'] {
  if (dice.chance(0.9)) return dice.chance(0.2) ? { authorization: `Bearer ${keys[0]}` } : { 'x-api-key': keys[0] ?? '' };
  if (dice.chance(0.7)) return { 'x-api-key': dice.pick(keys) };
  const wrong = dice.pick(['wrong', '', `${keys[0]} `, `${keys[0]},${keys[0]}`, '__proto__', 'ü', 'x'.repeat(2_000), "' OR 1=1 --"]);
  const address = `10.0.${dice.int(256)}.${dice.int(256)}`;
  return { ...(dice.chance(0.8) && { [dice.pick(['x-api-key', 'authorization'])]: wrong }), 'x-forwarded-for': dice.chance(0.95) ? address : dice.pick(['nonsense', ',,,', '::1', 'x'.repeat(300)]) };
}

function bodyOf(dice: Dice, operation: Operation | null, headers: Sent['headers']): Buffer {
  const example = operation && operation.bodies.length > 0 ? dice.pick(operation.bodies) : hostileValue(dice);
  const value = dice.chance(0.15) ? example : mutated(dice, example, dice.pick([1, 1, 1, 2, 3]));
  if (operation?.takesForms && dice.chance(operation.bodies.length > 0 ? 0.15 : 0.7)) {
    const form = hostileForm(dice, value);
    headers['content-type'] = form.type;
    return form.body;
  }
  headers['content-type'] = dice.chance(0.93) ? 'application/json' : dice.pick(TYPES);
  const body = brokenJson(dice, JSON.stringify(value) ?? 'null');
  return operation?.path === '/api/sessions' ? notStarted(dice, body) : body;
}

/** A session that is made may not start: each would bring a browser with it. */
function notStarted(dice: Dice, body: Buffer): Buffer {
  try {
    const given: unknown = JSON.parse(body.toString());
    return zCreateSession.safeParse(given).success ? Buffer.from(JSON.stringify({ ...(given as object), id: `made-${dice.int(30)}`, start: false })) : body;
  } catch {
    return body;
  }
}

function finished(dice: Dice, body: Buffer, headers: Sent['headers']): Buffer {
  let bytes = body;
  if (dice.chance(0.04)) {
    headers['content-encoding'] = dice.pick(ENCODINGS);
    if (headers['content-encoding'] === 'gzip' && dice.chance(0.7)) bytes = gzipSync(dice.chance(0.2) ? Buffer.alloc(3_000_000) : body);
    if (dice.chance(0.1)) bytes = bytes.subarray(0, bytes.length / 2);
  }
  if (dice.chance(0.03)) headers['transfer-encoding'] = 'chunked';
  // Node's client sends a body with GET or HEAD without saying how long it is, which is not HTTP.
  else headers['content-length'] = String(bytes.length);
  return bytes;
}
