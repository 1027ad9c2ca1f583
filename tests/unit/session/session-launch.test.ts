import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { zCreateSession, zProxyInput } from '../../../whatsapp-service/contracts/session-api.js';
import { proxyView, readProxy, storedProxy } from '../../../whatsapp-service/features/session/session-launch.js';
import { sealerOf } from '../../../whatsapp-service/shared/sealer.js';

const dir = mkdtempSync(join(tmpdir(), 'sealer-'));
afterAll(() => rmSync(dir, { recursive: true }));

const sealer = sealerOf(join(dir, 'a.key'));
const proxy = { server: 'socks5://proxy.example.com:1080', username: 'toko', password: 'rahasia-sekali' };

describe('the credentials of a proxy', () => {
  const stored = storedProxy(sealer, 'sales', proxy) ?? '';

  test('cannot be read where they are stored, nor where the session is shown', () => {
    for (const text of [stored, JSON.stringify(proxyView({ proxy: stored }))]) {
      expect(text).toContain('proxy.example.com');
      expect(text).not.toMatch(/toko|rahasia/);
    }
    expect(proxyView({ proxy: stored })).toEqual({ server: proxy.server, authenticated: true });
  });

  test('open for their session, with their key, and no other', () => {
    expect(readProxy(sealer, { id: 'sales', proxy: stored })).toEqual({ server: proxy.server, credentials: { username: 'toko', password: 'rahasia-sekali' } });
    expect(() => readProxy(sealer, { id: 'clinic', proxy: stored })).toThrow();
    expect(() => readProxy(sealerOf(join(dir, 'b.key')), { id: 'sales', proxy: stored })).toThrow();
  });

  test('may be none', () => {
    const open = storedProxy(sealer, 'sales', { server: proxy.server });
    expect(readProxy(sealer, { id: 'sales', proxy: open })).toEqual({ server: proxy.server, credentials: null });
    expect(proxyView({ proxy: open })).toEqual({ server: proxy.server, authenticated: false });
    expect([storedProxy(sealer, 'sales', null), proxyView({ proxy: null })]).toEqual([null, null]);
  });

  test('have a key of their own, which stays the same and which only its owner reads', () => {
    expect(statSync(join(dir, 'a.key')).mode & 0o777).toBe(0o600);
    expect(readProxy(sealerOf(join(dir, 'a.key')), { id: 'sales', proxy: stored })?.credentials?.password).toBe('rahasia-sekali');
    writeFileSync(join(dir, 'bad.key'), 'no key');
    expect(() => sealerOf(join(dir, 'bad.key'))).toThrow(/holds no key/);
  });
});

describe('the address of a proxy', () => {
  test.each([
    ['http://10.0.0.9:3128', 'http://10.0.0.9:3128'],
    ['HTTPS://Proxy.Example.com', 'https://proxy.example.com:443'],
    ['http://proxy/', 'http://proxy:80'],
    ['socks5://[2001:db8::1]', 'socks5://[2001:db8::1]:1080'],
  ])('%s is %s', (given, server) => {
    expect(zProxyInput.parse({ server: given }).server).toBe(server);
  });

  test.each(['', 'proxy:3128', 'ftp://proxy:21', 'socks4://proxy:1', 'http://proxy:99999', 'http://proxy:0', 'http://a b:1', 'http://proxy/path', 'http://proxy?x=1', 'http://--x'.repeat(60), 'http://p,q:1 --no-sandbox'])('%s is none', (given) => {
    expect(zProxyInput.safeParse({ server: given }).success).toBe(false);
  });

  test('with credentials in it says where they belong, and does not repeat them', () => {
    const { error } = zCreateSession.safeParse({ id: 'x', proxy: { server: 'http://user:geheim@proxy:1' } });
    expect(error?.issues[0]).toMatchObject({ path: ['proxy', 'server'], message: expect.stringContaining('`username` and `password`') });
    expect(JSON.stringify(error?.issues)).not.toContain('geheim');
  });

  test('takes a user name and a password together only', () => {
    expect(zProxyInput.safeParse({ server: 'http://p:1', username: 'u' }).error?.issues[0]?.message).toContain('both');
    expect(zProxyInput.safeParse({ server: 'http://p:1', password: 'p' }).success).toBe(false);
  });
});
