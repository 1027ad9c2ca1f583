import type {
  BlastJobView, BlastList, BlastPreview, BlastQuery, BlastRecipientList, BlastRecipientQuery, BlastRecipientView, DryRun, EditBlast, PreviewBlast, RepeatBlast, StartBlast, StartedBlast, Variables,
} from '../../contracts/blast-api.js';
import type { Caller } from '../../contracts/route.js';
import type { BlastId } from '../../shared/ids.js';
import type { E164 } from '../../shared/phone.js';

/** A start that may be repeated: the same key with the same body answers the blast that it made before. */
export interface IdempotentStart {
  key: string;
  requestHash: string;
}

/** A recipient whose number is normalised. */
export interface NewRecipient {
  phone: E164;
  /** Null: the one made from the phone. */
  jid: string | null;
  variables: Variables | null;
}

export interface Added {
  added: number;
  duplicates: number;
}

/**
 * What every face of the engine calls, and all that it calls. A caller sees the blasts whose sessions its key may use; another one is
 * `blast_not_found` to it.
 */
export interface Blasts {
  /** @throws ApiError `session_not_found`, `forbidden`, `invalid_request`, `idempotency_key_reused`, and a file's errors */
  start(input: StartBlast, caller: Caller, idempotent: IdempotentStart | null): Promise<StartedBlast & { repeated: boolean }>;
  dryRun(input: StartBlast, caller: Caller): Promise<DryRun>;
  preview(input: PreviewBlast): BlastPreview;
  /** Of a blast that is not over. What has not begun to go out is taken back and prepared anew. */
  edit(id: BlastId, input: EditBlast, caller: Caller): Promise<BlastJobView>;
  /** Resolves when nothing more begins to go out. */
  pause(id: BlastId, caller: Caller): Promise<BlastJobView>;
  /** Also starts a DRAFT; one that has a time becomes SCHEDULED. */
  resume(id: BlastId, caller: Caller): Promise<BlastJobView>;
  stop(id: BlastId, caller: Caller): Promise<BlastJobView>;
  get(id: BlastId, caller: Caller): Promise<BlastJobView>;
  /** The newest first. */
  list(query: BlastQuery, caller: Caller): Promise<BlastList>;
  recipients(id: BlastId, query: BlastRecipientQuery, caller: Caller): Promise<BlastRecipientList>;
  /** Takes one recipient out, unless the message has begun to go out. */
  cancelRecipient(id: BlastId, recipient: number, caller: Caller): Promise<BlastRecipientView>;
  /** CSV, line by line or in larger pieces. */
  report(id: BlastId, caller: Caller): Promise<AsyncIterable<string>>;
  /** The recipients in these states as a new blast. */
  repeat(id: BlastId, input: RepeatBlast, caller: Caller): Promise<StartedBlast>;

  /** A piece (at most 10,000) of a stream of recipients, of a DRAFT or of a blast that is not over. Committed when it resolves. */
  addRecipients(id: BlastId, recipients: readonly NewRecipient[]): Promise<Added>;
  /** Rows of the stream that were no recipients. */
  countInvalid(id: BlastId, rows: number): Promise<void>;
  /** Deletes a DRAFT whose stream broke off, with all that it has. */
  discard(id: BlastId): Promise<void>;

  /** Told after each commit that changed a job's figures or its state, at most twice a second for each job, the last one always. Returns the end of it. */
  onProgress(listener: (job: BlastJobView) => void): () => void;
}
