import type { Db } from './schema.js';

/** A request that is repeated under the same key must not do its work twice. */
export interface IdempotentRequest {
  apiKeyId: string;
  key: string;
  requestHash: string;
}

/** What the key was used for; `message_id` is the id of what it made. */
export const findIdempotent = (db: Db, { apiKeyId, key }: Omit<IdempotentRequest, 'requestHash'>): Promise<{ request_hash: string; message_id: string; created_at: number } | undefined> =>
  db.selectFrom('idempotency_key').select(['request_hash', 'message_id', 'created_at']).where('api_key_id', '=', apiKeyId).where('key', '=', key).executeTakeFirst();

export async function insertIdempotent(trx: Db, request: IdempotentRequest, madeId: string, now: number): Promise<void> {
  await trx
    .insertInto('idempotency_key')
    .values({ api_key_id: request.apiKeyId, key: request.key, request_hash: request.requestHash, message_id: madeId, created_at: now })
    .execute();
}

/** Forgets keys that are older than their lifetime. */
export async function expireIdempotent(db: Db, before: number): Promise<void> {
  await db.deleteFrom('idempotency_key').where('created_at', '<', before).execute();
}
