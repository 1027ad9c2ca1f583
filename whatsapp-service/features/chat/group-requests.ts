import type { CreatedGroupView } from '../../contracts/chat-api.js';
import { ApiError } from '../../contracts/errors.js';
import type { Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Storage } from '../../storage/database.js';

/** A request that came with an Idempotency-Key. */
export interface GroupRequest {
  apiKeyId: string;
  key: string;
  sessionId: SessionId;
  bodyHash: string;
}

export interface GroupRequestsOptions {
  storage: Storage;
  ttlMs: number;
  clock: Clock;
}

type Made = Promise<CreatedGroupView>;

/**
 * Groups are made once for each Idempotency-Key. WhatsApp gives no id beforehand that could be looked up: a request whose end is not known
 * is never repeated, whoever asks is told so.
 */
export class GroupRequests {
  private readonly underWay = new Map<string, Made>();

  constructor(private readonly options: GroupRequestsOptions) {}

  /** @throws ApiError `idempotency_key_reused`, `outcome_unknown`, and what `make` throws */
  async once(request: GroupRequest, make: () => Made): Promise<{ group: CreatedGroupView; repeated: boolean }> {
    const name = JSON.stringify([request.apiKeyId, request.key]);
    const known = await this.take(request);
    if (!known) {
      const made = this.make(request, make).finally(() => this.underWay.delete(name));
      this.underWay.set(name, made);
      return { group: await made, repeated: false };
    }
    if (known.request_hash !== request.bodyHash || known.session_id !== request.sessionId) throw new ApiError('idempotency_key_reused');
    if (known.answer !== null) return { group: JSON.parse(known.answer) as CreatedGroupView, repeated: true };
    const running = this.underWay.get(name);
    if (!running) throw new ApiError('outcome_unknown', { hint: 'Look for the group among the chats.' });
    return { group: await running, repeated: true };
  }

  /** What is known of the key; when that is nothing, it is taken now. */
  private async take({ apiKeyId, key, sessionId, bodyHash }: GroupRequest): Promise<{ session_id: string; request_hash: string; answer: string | null } | null> {
    const { storage, ttlMs, clock } = this.options;
    const now = clock.now();
    return storage.transaction(async (trx) => {
      await trx.deleteFrom('group_request').where('created_at', '<', now - ttlMs).execute();
      const known = await trx.selectFrom('group_request').select(['session_id', 'request_hash', 'answer']).where('api_key_id', '=', apiKeyId).where('key', '=', key).executeTakeFirst();
      if (known) return known;
      await trx.insertInto('group_request').values({ api_key_id: apiKeyId, key, session_id: sessionId, request_hash: bodyHash, answer: null, created_at: now }).execute();
      return null;
    });
  }

  private async make({ apiKeyId, key }: GroupRequest, make: () => Made): Promise<CreatedGroupView> {
    const { db } = this.options.storage;
    try {
      const group = await make();
      await db.updateTable('group_request').set({ answer: JSON.stringify(group) }).where('api_key_id', '=', apiKeyId).where('key', '=', key).execute();
      return group;
    } catch (error) {
      // Refused before anything was done: the key is free again. Of anything else it is not known whether WhatsApp did it.
      const isCertain = error instanceof ApiError && error.code !== 'session_unavailable' && error.status < 503;
      if (isCertain) await db.deleteFrom('group_request').where('api_key_id', '=', apiKeyId).where('key', '=', key).execute();
      throw error;
    }
  }
}
