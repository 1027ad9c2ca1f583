import type { BlastHead, DryRun, InvalidRecipient, StartedBlast, StartPeople } from '../../contracts/blast-api.js';
import { ApiError, invalidField } from '../../contracts/errors.js';
import type { BodyStream, Caller, RouteContext, UploadedFile } from '../../contracts/route.js';
import type { BlastId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { BlastService } from './blast-service.js';
import { lotsOf, type Lots } from './recipient-input.js';
import { blastOf } from './recipient-rows.js';
import type { RecipientStream, StreamCounts } from './recipient-stream.js';

export interface BlastStarterOptions {
  service: BlastService;
  stream: RecipientStream;
  logger: Logger;
}

/** An `Idempotency-Key`. What tells two requests under it apart is the whole of each, which of a stream is known at its end. */
export interface StartKey {
  apiKeyId: string;
  key: string;
  hash(): string;
}

export interface Started extends StartedBlast {
  /** The same request was there before: this is what it made. */
  repeated: boolean;
}

export const isDryRun = (made: Started | DryRun): made is DryRun => 'dry_run' in made;

/** How a face words a start: a stream's head, and a body that came whole. */
export interface Wording<Body> {
  headOf(body: unknown): Promise<BlastHead>;
  split(body: Body): { head: BlastHead; people: StartPeople };
}

/** Who the blast is for: some at once, stored contacts, or a CSV or XLSX file. */
export type People = StartPeople & { file?: UploadedFile | null };

interface Taking {
  input: BlastHead;
  caller: Caller;
  key: StartKey | null;
}

const NOTHING: StreamCounts = { accepted: 0, duplicates: 0, invalid: 0, invalid_rows: [] };

/** The one way in which blasts begin, wherever their recipients come from. Of what breaks off nothing is kept. */
export class BlastStarter {
  constructor(private readonly options: BlastStarterOptions) {}

  /** A request over HTTP, in whatever form it came. */
  answer<Body>({ body, file, stream, caller, idempotencyKey, bodyHash }: RouteContext<unknown, unknown, Body>, { headOf, split }: Wording<Body>): Promise<Started | DryRun> {
    const keyOf = (hash: () => string): StartKey | null => (idempotencyKey === null ? null : { apiKeyId: caller.keyId, key: idempotencyKey, hash });
    if (stream) return this.startStream(stream, headOf, { caller, key: keyOf(() => stream.hash()) });
    const { head, people } = split(body);
    return this.start({ ...people, file }, { input: head, caller, key: keyOf(() => bodyHash) });
  }

  /** @throws ApiError `session_not_found`, `forbidden`, `invalid_request`, `invalid_phone`, `idempotency_key_reused`, `table_unreadable`, and a file's errors */
  async start(people: People, taking: Taking): Promise<Started | DryRun> {
    const { service } = this.options;
    const { recipients, list, file } = people;
    const sources = [recipients.length > 0, list !== undefined, Boolean(file)].filter(Boolean).length;
    if (sources > 1) throw invalidField('body.recipients', 'stand beside stored contacts or a file; give one of them');
    if (sources === 0 && !taking.input.draft) throw invalidField('body.recipients', 'must name at least one recipient');
    if (file) return this.take(this.options.stream.filed(file), taking);
    if (list) return this.take(this.options.stream.listed(await service.workspaceOf(taking.input, taking.caller), list), taking);
    return this.take(lotsOf(recipients), taking, 0);
  }

  /** `headOf` makes the blast of what stands first. */
  async startStream(stream: BodyStream, headOf: (body: unknown) => Promise<BlastHead>, { caller, key }: Omit<Taking, 'input'>): Promise<Started | DryRun> {
    const { head, lots } = await blastOf(stream);
    try {
      return await this.take(lots, { input: await headOf(head), caller, key });
    } finally {
      await lots.return(undefined);
    }
  }

  /** `firstRow`: how the caller counts rows where they are named in an error. */
  private async take(lots: Lots, { input, caller, key }: Taking, firstRow: 0 | 1 = 1): Promise<Started | DryRun> {
    const { service, stream } = this.options;
    if (input.dry_run) return service.dryRun(input, stream.bounded(lots), caller);
    if (key && (await service.isUsed(key))) {
      // Read to its end, so that it can be told from another request.
      for await (const _lot of lots);
      const before = await service.madeBefore({ ...key, requestHash: key.hash() });
      if (before === null) throw new ApiError('idempotency_key_reused');
      return this.repeated(before, caller);
    }
    const id = await service.begin(input, caller);
    let made: BlastId | null = null;
    try {
      const counts = await stream.takeAll(id, lots);
      if (counts.accepted === 0 && !input.draft) throw noRecipients(counts.invalid_rows, firstRow);
      made = await service.finish(id, { draft: input.draft, invalid: counts.invalid, idempotent: key && { ...key, requestHash: key.hash() } });
      if (made === id) return { job: await service.get(id, caller), ...counts, repeated: false };
    } finally {
      if (made !== id) await this.discard(id);
    }
    // The same request came twice at the same time, and the other one was first.
    return this.repeated(made, caller);
  }

  private async repeated(id: BlastId, caller: Caller): Promise<Started> {
    return { job: await this.options.service.get(id, caller), ...NOTHING, repeated: true };
  }

  private async discard(id: BlastId): Promise<void> {
    await this.options.service.discard(id).catch((error: unknown) => this.options.logger.warn('A blast that was not taken in whole is still there, unseen; it is cleared away later', { blast: id, error }));
  }
}

const noRecipients = (rows: readonly InvalidRecipient[], firstRow: 0 | 1): ApiError =>
  rows.length === 0 ? invalidField('body.recipients', 'are none: there is nobody in what was given') : new ApiError('invalid_phone', { fields: rows.map(({ row, reason, message }) => ({ field: `body.recipients.${row - 1 + firstRow}`, code: reason, message })) });
