import type { CountryCode } from 'libphonenumber-js';
import type { z } from 'zod';
import { zRecipientInput, zStartBlastHeader, type BlastJobView, type InvalidRecipient, type RecipientInput, type StartBlast, type StartedBlast } from '../../contracts/blast-api.js';
import type { ContactTarget, TargetSelection } from '../../contracts/contact-api.js';
import { ApiError, invalidField } from '../../contracts/errors.js';
import type { BodyStream, Caller } from '../../contracts/route.js';
import { validated } from '../../contracts/validation.js';
import type { BlastId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { WorkspaceId } from '../../shared/workspace.js';
import type { IdempotentRequest } from '../../storage/idempotency.js';
import { MOST_INVALID } from './blast-intake.js';
import type { BlastService } from './blast-service.js';
import { invalidRecipient, isInvalid, recipientOf, type NewRecipient } from './recipient-input.js';
import { blastOf, rowsOf, type Lot } from './recipient-rows.js';

export interface RecipientStreamOptions {
  service: BlastService;
  defaultCountry: CountryCode;
  contactsOfList(workspace: WorkspaceId, selection: TargetSelection, after: string | null, limit: number): Promise<{ targets: ContactTarget[]; next: string | null }>;
  /** Rows of one stream. */
  maxRows: number;
  logger: Logger;
}

export interface StreamCounts {
  accepted: number;
  duplicates: number;
  invalid: number;
  /** The first of them. */
  invalid_rows: InvalidRecipient[];
}

const NOTHING: StreamCounts = { accepted: 0, duplicates: 0, invalid: 0, invalid_rows: [] };
/** Contacts that are read of a list at once. */
const LIST_PAGE = 2_000;

/** Takes recipients in while they come: read, normalised, filtered and committed a lot at a time, at the pace of the disk. */
export class RecipientStream {
  constructor(private readonly options: RecipientStreamOptions) {}

  /** A blast and its recipients in one stream. Nothing is left of it when it breaks off. */
  async start(stream: BodyStream, caller: Caller, idempotent: Omit<IdempotentRequest, 'requestHash'> | null): Promise<StartedBlast & { repeated: boolean }> {
    const { service } = this.options;
    let begun: { id: BlastId; draft: boolean; repeated: boolean } | null = null;
    const lots = blastOf(stream, async (body) => {
      const input = (await validated('body', zStartBlastHeader, body)) as z.output<typeof zStartBlastHeader>;
      // The recipients are not known yet: what tells two requests apart is the blast itself.
      const requestHash = idempotent && stream.hash();
      begun = { draft: input.draft, ...(await service.begin(input, caller, idempotent && requestHash !== null ? { ...idempotent, requestHash } : null)) };
    });
    try {
      const counts = await this.takeAll(lots, () => begun);
      const blast = begun as { id: BlastId; draft: boolean; repeated: boolean } | null;
      if (!blast) throw new ApiError('invalid_json');
      if (blast.repeated) return { job: await service.get(blast.id, caller), ...counts, repeated: true };
      if (counts.accepted === 0 && !blast.draft) throw noRecipients(counts.invalid_rows);
      return { job: await service.finish(blast.id, { draft: blast.draft, invalid: counts.invalid }), ...counts, repeated: false };
    } catch (error) {
      const blast = begun as { id: BlastId; repeated: boolean } | null;
      if (blast && !blast.repeated) await this.discard(blast.id);
      throw error;
    }
  }

  /** A blast to a stored list, which is read page by page. */
  async startFromList(input: Omit<StartBlast, 'recipients'>, selection: TargetSelection, caller: Caller, idempotent: IdempotentRequest | null): Promise<StartedBlast & { repeated: boolean }> {
    const { service } = this.options;
    const { id, repeated } = await service.begin(input, caller, idempotent);
    if (repeated) return { job: await service.get(id, caller), ...NOTHING, repeated };
    try {
      const { workspace_id: workspace } = await service.get(id, caller);
      const counts = await this.takeAll(this.listed(workspace, selection), () => ({ id, repeated: false }));
      if (counts.accepted === 0 && !input.draft) throw invalidField('body.tag', 'names no contacts that there are');
      return { job: await service.finish(id, { draft: input.draft, invalid: counts.invalid }), ...counts, repeated };
    } catch (error) {
      await this.discard(id);
      throw error;
    }
  }

  private async *listed(workspace: WorkspaceId, selection: TargetSelection): AsyncGenerator<Lot> {
    let after: string | null = null;
    let row = 0;
    do {
      const { targets, next } = await this.options.contactsOfList(workspace, selection, after, LIST_PAGE);
      yield { rows: targets.map(() => ++row), values: targets.map(({ phone, name, variables }) => ({ phone, variables: { ...(name !== null && { name }), ...variables } })) };
      after = next;
    } while (after !== null);
  }

  /** Further recipients of a DRAFT. When it breaks off, those who came are there; sending it again adds the others. */
  async add(id: BlastId, stream: BodyStream, caller: Caller): Promise<StreamCounts> {
    await this.draft(id, caller);
    return this.addAll(id, rowsOf(stream));
  }

  async addGiven(id: BlastId, recipients: readonly RecipientInput[], caller: Caller): Promise<StreamCounts> {
    await this.draft(id, caller);
    return this.addAll(id, [{ rows: recipients.map((_, index) => index + 1), values: [...recipients] }]);
  }

  async addFromList(id: BlastId, selection: TargetSelection, caller: Caller): Promise<StreamCounts> {
    const { workspace_id: workspace } = await this.draft(id, caller);
    return this.addAll(id, this.listed(workspace, selection));
  }

  private async draft(id: BlastId, caller: Caller): Promise<BlastJobView> {
    const job = await this.options.service.get(id, caller);
    if (job.state !== 'DRAFT') throw new ApiError('blast_wrong_state', { state: job.state });
    return job;
  }

  private async addAll(id: BlastId, lots: Iterable<Lot> | AsyncIterable<Lot>): Promise<StreamCounts> {
    const counts = await this.takeAll(lots, () => ({ id, repeated: false }));
    await this.options.service.countInvalid(id, counts.invalid);
    return counts;
  }

  /** All rows of a stream, committed as they come. */
  private async takeAll(lots: Iterable<Lot> | AsyncIterable<Lot>, blast: () => { id: BlastId; repeated: boolean } | null): Promise<StreamCounts> {
    const { service, defaultCountry, maxRows } = this.options;
    const counts: StreamCounts = { accepted: 0, duplicates: 0, invalid: 0, invalid_rows: [] };
    let rows = 0;
    for await (const lot of lots) {
      const target = blast();
      // The same request again: it is read to its end, and nothing is made of it.
      if (!target || target.repeated) continue;
      rows += lot.rows.length;
      if (rows > maxRows) throw invalidField('body.recipients', `are more than ${maxRows}; make several blasts of them, or raise BLAST_MAX_RECIPIENTS`);
      const { recipients, invalid } = readLot(lot, defaultCountry);
      counts.invalid += invalid.length;
      counts.invalid_rows.push(...invalid.slice(0, MOST_INVALID - counts.invalid_rows.length));
      if (recipients.length === 0) continue;
      const { added, duplicates } = await service.addRecipients(target.id, recipients);
      counts.accepted += added;
      counts.duplicates += duplicates;
    }
    return counts;
  }

  private async discard(id: BlastId): Promise<void> {
    await this.options.service.discard(id).catch((error: unknown) => this.options.logger.warn('A blast whose upload broke off is still there, unseen; it is cleared away later', { blast: id, error }));
  }
}

function readLot({ rows, values }: Lot, country: CountryCode): { recipients: NewRecipient[]; invalid: InvalidRecipient[] } {
  const recipients: NewRecipient[] = [];
  const invalid: InvalidRecipient[] = [];
  for (const [index, value] of values.entries()) {
    const row = rows[index] ?? 0;
    const input = inputOf(value);
    const recipient = input === null ? invalidRecipient(row, 'invalid_row') : recipientOf(input, row, country);
    if (isInvalid(recipient)) invalid.push(recipient);
    else recipients.push(recipient);
  }
  return { recipients, invalid };
}

const NO_VARIABLES = {};

/** As the schema has it; a plain number is what it is without it. */
function inputOf(value: unknown): RecipientInput | null {
  if (typeof value === 'string' && value.length > 0 && value.length <= 128) return { phone: value, variables: NO_VARIABLES };
  const read = zRecipientInput.safeParse(value);
  return read.success ? read.data : null;
}

const noRecipients = (rows: readonly InvalidRecipient[]): ApiError =>
  new ApiError('invalid_phone', { fields: rows.map(({ row, reason, message }) => ({ field: `body.recipients.${row}`, code: reason, message })) });
