import type { CountryCode } from 'libphonenumber-js';
import type { BlastJobView, InvalidRecipient, RecipientRow } from '../../contracts/blast-api.js';
import type { ContactTarget, TargetSelection } from '../../contracts/contact-api.js';
import { ApiError, invalidField } from '../../contracts/errors.js';
import type { BodyStream, Caller, UploadedFile } from '../../contracts/route.js';
import type { BlastId } from '../../shared/ids.js';
import type { WorkspaceId } from '../../shared/workspace.js';
import type { Table } from '../../table-file/read-table.js';
import { INTAKE_PIECE, MOST_INVALID } from './blast-intake.js';
import type { BlastService } from './blast-service.js';
import { tableRows } from './csv-recipients.js';
import { lotsOf, readLot, type Lot, type Lots, type NewRecipient } from './recipient-input.js';
import { rowsOf } from './recipient-rows.js';

export interface RecipientStreamOptions {
  service: BlastService;
  defaultCountry: CountryCode;
  contactsOfList(workspace: WorkspaceId, selection: TargetSelection, after: string | null, limit: number): Promise<{ targets: ContactTarget[]; next: string | null }>;
  /** A CSV or XLSX file, once it has been found readable. @throws ApiError `table_unreadable` */
  readTable(path: string): Promise<Table>;
  /** Rows of one stream. */
  maxRows: number;
}

export interface StreamCounts {
  accepted: number;
  duplicates: number;
  invalid: number;
  /** The first of them. */
  invalid_rows: InvalidRecipient[];
}

/** Contacts that are read of a list at once. */
const LIST_PAGE = 2_000;

/** Takes recipients in while they come: read, normalised, filtered and committed a lot at a time, at the pace of the disk. */
export class RecipientStream {
  constructor(private readonly options: RecipientStreamOptions) {}

  /** Further recipients of a DRAFT. When it breaks off, those who came are there; sending it again adds the others. */
  async add(id: BlastId, stream: BodyStream, caller: Caller): Promise<StreamCounts> {
    await this.draft(id, caller);
    return this.addAll(id, rowsOf(stream));
  }

  async addGiven(id: BlastId, recipients: readonly RecipientRow[], caller: Caller): Promise<StreamCounts> {
    await this.draft(id, caller);
    return this.addAll(id, lotsOf(recipients));
  }

  async addFromList(id: BlastId, selection: TargetSelection, caller: Caller): Promise<StreamCounts> {
    const { workspace_id: workspace } = await this.draft(id, caller);
    return this.addAll(id, this.listed(workspace, selection));
  }

  async addFromFile(id: BlastId, file: UploadedFile, caller: Caller): Promise<StreamCounts> {
    await this.draft(id, caller);
    return this.addAll(id, this.filed(file));
  }

  /** A stored list, page by page. */
  async *listed(workspace: WorkspaceId, selection: TargetSelection): AsyncGenerator<Lot> {
    let after: string | null = null;
    let row = 0;
    do {
      const { targets, next } = await this.options.contactsOfList(workspace, selection, after, LIST_PAGE);
      yield { rows: targets.map(() => ++row), values: targets.map(({ phone, name, variables }) => ({ phone, variables: { ...(name !== null && { name }), ...variables } })) };
      after = next;
    } while (after !== null);
  }

  /** The rows of a CSV or XLSX file. */
  async *filed({ path }: UploadedFile): AsyncGenerator<Lot> {
    const table = await this.options.readTable(path);
    try {
      yield* tableRows(table.rows());
    } finally {
      await table.remove();
    }
  }

  /** All rows, committed as they come. */
  async takeAll(id: BlastId, lots: Lots): Promise<StreamCounts> {
    const { service, defaultCountry } = this.options;
    const counts: StreamCounts = { accepted: 0, duplicates: 0, invalid: 0, invalid_rows: [] };
    const waiting: NewRecipient[] = [];
    const commit = async (recipients: NewRecipient[]): Promise<void> => {
      const { added, duplicates } = await service.addRecipients(id, recipients);
      counts.accepted += added;
      counts.duplicates += duplicates;
    };
    for await (const lot of this.bounded(lots)) {
      for (const { recipients, invalid } of readLot(lot, defaultCountry)) {
        counts.invalid += invalid.length;
        counts.invalid_rows.push(...invalid.slice(0, MOST_INVALID - counts.invalid_rows.length));
        waiting.push(...recipients);
        if (waiting.length >= INTAKE_PIECE) await commit(waiting.splice(0, INTAKE_PIECE));
      }
    }
    if (waiting.length > 0) await commit(waiting);
    return counts;
  }

  /** No more rows than one blast may have. */
  async *bounded(lots: Lots): AsyncGenerator<Lot> {
    const { maxRows } = this.options;
    let rows = 0;
    for await (const lot of lots) {
      rows += lot.rows.length;
      if (rows > maxRows) throw invalidField('body.recipients', `are more than ${maxRows}; make several blasts of them, or raise BLAST_MAX_RECIPIENTS`);
      yield lot;
    }
  }

  private async draft(id: BlastId, caller: Caller): Promise<BlastJobView> {
    const job = await this.options.service.get(id, caller);
    if (job.state !== 'DRAFT') throw new ApiError('blast_wrong_state', { state: job.state });
    return job;
  }

  private async addAll(id: BlastId, lots: Lots): Promise<StreamCounts> {
    const counts = await this.takeAll(id, lots);
    await this.options.service.countInvalid(id, counts.invalid);
    return counts;
  }
}
