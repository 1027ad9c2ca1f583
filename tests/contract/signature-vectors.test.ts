import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { secretProblem } from '../../whatsapp-service/shared/secret-rules.js';
import { signHeaders, verifyPlainSignature, verifyStandardSignature } from '../../whatsapp-service/signed-http/signature.js';
import { describeWithPhp, phpDecision, PHP_SCRIPTS } from '../helpers/php-receiver.js';

interface Vector {
  name: string;
  secrets: string[];
  delivery_id: string;
  /** Unix seconds. */
  timestamp: number;
  body: string;
  body_base64: string;
  expected_plain: string;
  expected_standard: string;
}

const FILE = join(import.meta.dirname, 'signature-vectors.json');
const { vectors } = JSON.parse(readFileSync(FILE, 'utf8')) as { vectors: Vector[] };
const named = vectors.map((vector): [string, Vector] => [vector.name, vector]);

test('the vectors cover what the two sides could read differently', () => {
  const bodies = vectors.map(({ body }) => body);
  for (const what of [/\p{Extended_Pictographic}/u, /\//, /\\\//, /\u2028/, /\p{Script=Arabic}/u, /besok/, /\d\.\d/, /^$/]) {
    expect(bodies.some((body) => what.test(body))).toBe(true);
  }
  expect(vectors.some(({ secrets }) => secrets.length === 1 && secrets[0]!.startsWith('whsec_'))).toBe(true);
  expect(vectors.some(({ secrets }) => secrets.length === 1 && !secrets[0]!.startsWith('whsec_'))).toBe(true);
  expect(vectors.some(({ secrets }) => secrets.length > 1)).toBe(true);
});

test('the secrets of the vectors are public, and so the service refuses them', () => {
  for (const secret of vectors.flatMap(({ secrets }) => secrets)) expect(secretProblem(secret)).toContain('example from the documentation');
});

describe.each(named)('%s', (_, vector) => {
  const body = Buffer.from(vector.body_base64, 'base64');

  test('is the same as text and as bytes', () => {
    expect(Buffer.from(vector.body, 'utf8').equals(body)).toBe(true);
  });

  test('our signatures are the expected ones', () => {
    const headers = signHeaders({ secrets: vector.secrets, deliveryId: vector.delivery_id, body, timestamp: vector.timestamp, attempt: 1, event: 'message' });
    expect(headers['X-Webhook-Signature']).toBe(vector.expected_plain);
    expect(headers['webhook-signature']).toBe(vector.expected_standard);
  });

  test('our verification takes them with each secret alone', () => {
    expect(verifyPlainSignature([vector.secrets[0]!], body, vector.expected_plain)).toBe(true);
    const signed = { deliveryId: vector.delivery_id, timestamp: String(vector.timestamp), signature: vector.expected_standard, body };
    for (const secret of vector.secrets) expect(verifyStandardSignature([secret], signed, vector.timestamp * 1000)).toBe(true);
  });

  test('the standardwebhooks package makes the same', () => {
    const made = vector.secrets.map((secret) => {
      const webhook = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
      return webhook.sign(vector.delivery_id, new Date(vector.timestamp * 1000), body);
    });
    expect(made.join(' ')).toBe(vector.expected_standard);
  });
});

test('the standardwebhooks package accepts what is signed now, and refuses it changed', () => {
  const body = Buffer.from('{"body":"halo 😀"}');
  for (const secret of ['whsec_hWbeCD+rK63mJOlTe/XyleSPrhxT2K3T', '8fa29d5606bffb5d55037c6a4ebee4cd6aeb111fe95be07c']) {
    const headers = signHeaders({ secrets: [secret], deliveryId: 'dlv_1', body, timestamp: Math.floor(Date.now() / 1000), attempt: 1, event: 'message' });
    const webhook = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
    expect(webhook.verify(body, headers)).toEqual({ body: 'halo 😀' });
    expect(() => webhook.verify(Buffer.from('{"body":"halo"}'), headers)).toThrow('No matching signature');
    expect(() => webhook.verify(body, { ...headers, 'webhook-id': 'dlv_2' })).toThrow('No matching signature');
  }
});

describeWithPhp('the vectors in PHP', () => {
  const verify = (json: string): { status: number | null; stdout: string } =>
    spawnSync('php', [join(PHP_SCRIPTS, 'verify-vectors.php'), 'php://stdin'], { encoding: 'utf8', input: json });

  test('PHP makes and accepts the same signatures', () => {
    expect(verify(readFileSync(FILE, 'utf8'))).toMatchObject({ status: 0, stdout: `${vectors.length} vectors, 0 failed\n` });
  });

  test('PHP sees a vector that is wrong', () => {
    const changed = vectors.map((vector, index) => (index === 2 ? { ...vector, timestamp: vector.timestamp + 1 } : vector));
    const { status, stdout } = verify(JSON.stringify({ vectors: changed }));
    expect(status).toBe(1);
    expect(stdout).toContain(`${vectors[2]!.name}: the standard signature differs`);
    expect(stdout).toContain(`${vectors.length} vectors, 1 failed`);
  });
});

test.each([
  [true, undefined, 'run'],
  [true, 'true', 'run'],
  [false, 'true', 'fail'],
  [false, undefined, 'skip'],
  [false, 'false', 'skip'],
] as const)('with PHP installed: %p and CI=%p, the tests that need it %s', (hasPhp, ci, decision) => {
  expect(phpDecision(hasPhp, ci)).toBe(decision);
});
