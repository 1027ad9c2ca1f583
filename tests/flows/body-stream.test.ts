import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { Agent, request, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { ApiError } from '../../whatsapp-service/contracts/errors.js';
import { route } from '../../whatsapp-service/contracts/route.js';
import { LIMIT_BYTES, TestServer } from '../unit/http/http-fixture.js';

/** Bodies that are read while they come, through real sockets. */
const STREAM_BYTES = 4_000_000;
const NDJSON = 'application/x-ndjson';
let server: TestServer;
let brokenOff: unknown;

beforeAll(async () => {
  const streams = route({
    method: 'put',
    path: '/api/things',
    scope: 'send',
    tag: 'Test',
    summary: 'Read',
    request: { query: z.strictObject({ refuse: z.enum(['at-once', 'in-between']).optional() }), body: z.strictObject({ text: z.string() }), stream: { types: [NDJSON, 'application/json'], limitBytes: STREAM_BYTES } },
    responses: { 200: { description: 'Read' } },
    handle: async ({ query, body, stream }) => {
      if (!stream) return { status: 200, body };
      if (query.refuse === 'at-once') throw new ApiError('session_not_found');
      let bytes = 0;
      try {
        for await (const chunk of stream.bytes) {
          bytes += chunk.length;
          if (query.refuse === 'in-between') throw new ApiError('session_not_found');
        }
      } catch (error) {
        brokenOff = error;
        throw error;
      }
      return { status: 200, body: { bytes, type: stream.type, hash: stream.hash() } };
    },
  });
  server = await TestServer.start({ routes: [streams] });
});
afterAll(() => server.close());

const put = (body: unknown, headers: Record<string, string>, query = ''): ReturnType<TestServer['ask']> => server.ask('PUT', `/api/things${query}`, { body, headers: { 'content-type': NDJSON, ...headers } });
const facts = (bytes: Buffer): object => ({ bytes: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') });
const LARGE = Buffer.alloc(STREAM_BYTES, 'x');

describe('a streamed body', () => {
  test('is read to its end, packed or not, in any size up to its own limit', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('{}\n'), LARGE]) {
      expect((await put(bytes, {})).body).toEqual({ ...facts(bytes), type: NDJSON });
      expect((await put(gzipSync(bytes), { 'content-encoding': 'gzip' })).body).toEqual({ ...facts(bytes), type: NDJSON });
    }
  });

  test('is streamed as JSON only when it may be larger than other bodies', async () => {
    const json = { 'content-type': 'application/json' };
    expect((await put('{"text":"small"}', json)).body).toEqual({ text: 'small' });
    expect((await put('{"text":1}', json)).error.code).toBe('invalid_request');
    const large = Buffer.from(JSON.stringify({ text: 'x'.repeat(LIMIT_BYTES) }));
    expect((await put(large, json)).body).toEqual({ ...facts(large), type: 'application/json' });
  });

  test('is refused when it is too large, announced or not, and packed too', async () => {
    const tooLarge = Buffer.alloc(STREAM_BYTES + 1, 'x');
    for (const answer of [await put(tooLarge, {}), await put(new Blob([tooLarge]).stream(), {}), await put(gzipSync(tooLarge), { 'content-encoding': 'gzip' })]) {
      expect([answer.status, answer.error.details]).toEqual([413, { limit_bytes: STREAM_BYTES }]);
    }
  });

  test.each([
    [{ 'content-type': 'text/csv' }, 'unsupported_media_type'],
    [{ 'content-type': `${NDJSON}; charset=utf-16` }, 'unsupported_media_type'],
    [{ 'content-encoding': 'zstd' }, 'unsupported_media_type'],
    [{ 'content-encoding': 'gzip' }, 'invalid_request'],
    [{ 'x-api-key': 'read-key' }, 'forbidden'],
    [{ 'x-api-key': 'none' }, 'unauthorized'],
  ])('%j → %s', async (headers, code) => {
    expect((await put('{}\n', headers)).error.code).toBe(code);
  });

  test.each(['at-once', 'in-between'])('gets an answer %s, and the connection goes on', async (refuse) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (query: string): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const req = request({ agent, host: '127.0.0.1', port: server.port, method: 'PUT', path: `/api/things${query}`, headers: { 'x-api-key': 'admin-key', 'content-type': NDJSON, 'content-length': LARGE.length } }, resolve);
        req.on('error', reject);
        req.end(LARGE);
      });
    const refused = await ask(`?refuse=${refuse}`);
    const { socket } = refused;
    refused.resume();
    await new Promise((resolve) => refused.once('end', resolve));
    const taken = await ask('');
    expect([refused.statusCode, taken.statusCode, taken.socket === socket]).toEqual([404, 200, true]);
    taken.resume();
    agent.destroy();
  });

  test('that is broken off is told to whoever reads it', async () => {
    for (const headers of [{ 'content-length': String(LARGE.length) }, {}]) {
      brokenOff = undefined;
      const req = request({ host: '127.0.0.1', port: server.port, method: 'PUT', path: '/api/things', headers: { 'x-api-key': 'admin-key', 'content-type': NDJSON, ...headers } });
      req.on('error', () => undefined);
      req.write(Buffer.alloc(100_000, 'x'), () => setTimeout(() => req.destroy(), 50));
      while (brokenOff === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(brokenOff).toMatchObject({ code: 'invalid_request', details: { fields: [{ field: 'body' }] } });
    }
  });
});
