import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Two signatures over the same bytes, from the same secret:
 *
 * - plain: `X-Webhook-Signature`, lowercase hex HMAC-SHA256(secret as it is written, raw body);
 * - Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`, which also cover the id and the time
 *   (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 *
 * The plain one is what Laravel developers write by hand; the standard one is what stops a replay.
 */
const SECRET_PREFIX = 'whsec_';
const VERSION_PREFIX = 'v1,';

/** How far a receiver lets `webhook-timestamp` be from its own clock, in seconds. */
export const TIMESTAMP_TOLERANCE_SECONDS = 300;

export interface SignedDelivery {
  /** The first signs the plain signature; each one adds a standard signature. Not empty. */
  secrets: readonly string[];
  /** Sent as `webhook-id`; the same on every attempt. */
  deliveryId: string;
  /** The exact bytes that are sent. */
  body: Buffer;
  /** Unix time in seconds, fresh on every attempt. */
  timestamp: number;
  /** From 1. */
  attempt: number;
  event: string;
  /** Sent as a bearer token when there is one. */
  token?: string | null;
}

/** Every header that identifies and proves a delivery. @throws Error when there is no secret. */
export function signHeaders(delivery: SignedDelivery): Record<string, string> {
  const [signingSecret] = delivery.secrets;
  if (!signingSecret) throw new Error('A delivery cannot be signed without a secret.');
  const headers: Record<string, string> = {
    'X-Webhook-Signature': plainSignature(signingSecret, delivery.body),
    'webhook-id': delivery.deliveryId,
    'webhook-timestamp': String(delivery.timestamp),
    'webhook-signature': delivery.secrets.map((secret) => standardSignature(secret, delivery)).join(' '),
    'X-Webhook-Attempt': String(delivery.attempt),
    'X-Webhook-Event': delivery.event,
  };
  if (delivery.token) headers.Authorization = `Bearer ${delivery.token}`;
  return headers;
}

/** Lowercase hex, no prefix. The secret is used as it is written, `whsec_` included: that is what a PHP one-liner does. */
function plainSignature(secret: string, body: Buffer): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

function standardSignature(secret: string, signed: { deliveryId: string; timestamp: number | string; body: Buffer }): string {
  const hmac = createHmac('sha256', standardKey(secret)).update(`${signed.deliveryId}.${signed.timestamp}.`);
  return VERSION_PREFIX + hmac.update(signed.body).digest('base64');
}

/** A `whsec_` secret carries its key in base64; any other secret is its own key. */
function standardKey(secret: string): Buffer {
  return secret.startsWith(SECRET_PREFIX) ? Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64') : Buffer.from(secret, 'utf8');
}

/** Whether `X-Webhook-Signature` belongs to these bytes, under any of the secrets. Compares in constant time. */
export function verifyPlainSignature(secrets: readonly string[], body: Buffer, signature: string): boolean {
  return secrets.some((secret) => equal(plainSignature(secret, body), signature));
}

export interface StandardSigned {
  /** `webhook-id` */
  deliveryId: string;
  /** `webhook-timestamp`, as it came. */
  timestamp: string;
  /** `webhook-signature`, as it came: one or more, separated by spaces. */
  signature: string;
  body: Buffer;
}

/**
 * Whether a Standard Webhooks signature belongs to these bytes, this id and this time, under any of the secrets, and
 * whether its time is within five minutes of `nowMs` (Unix milliseconds). Compares in constant time.
 */
export function verifyStandardSignature(secrets: readonly string[], signed: StandardSigned, nowMs: number): boolean {
  // Only plain digits: what is compared with the clock must be exactly what was signed.
  if (signed.deliveryId === '' || !/^\d{1,15}$/.test(signed.timestamp)) return false;
  if (Math.abs(nowMs / 1000 - Number(signed.timestamp)) > TIMESTAMP_TOLERANCE_SECONDS) return false;
  const given = signed.signature.split(' ');
  return secrets.some((secret) => {
    const expected = standardSignature(secret, signed);
    return given.some((one) => equal(expected, one));
  });
}

function equal(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  // The length of a signature is public, so that this shortcut tells nothing.
  return a.length === b.length && timingSafeEqual(a, b);
}
