import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Request, RequestHandler } from 'express';
import multer from 'multer';
import { ApiError, invalidField } from '../contracts/errors.js';
import type { Route, UploadedFile } from '../contracts/route.js';
import { refuseHostile } from '../contracts/validation.js';
import { readBytes } from '../shared/read-buffers.js';
import { newUploadId } from '../shared/ids.js';
import { hashOf, mediaType, parseJson } from './body.js';
import { stateOf, type Form } from './request-state.js';

export interface FormLimits {
  /** Where files are written while they arrive. It exists. */
  folder: string;
  /** Of all fields together, bytes. */
  fieldBytes: number;
}

type Multipart = NonNullable<NonNullable<Route['request']>['multipart']>;

const MAX_FIELDS = 30;
const MAX_FIELD_BYTES = 524_288;
/** Boundaries and headers of the parts. */
const OVERHEAD_BYTES = 65_536;
const JSON_FIELD = 'json';

/** Whether a request brings a form; everything else is read as JSON. */
export const isForm = (req: Request): boolean => mediaType(req)?.essence === 'multipart/form-data';

/** Reads a form: its file onto the disk, its fields into one object, as PHP would (`options[]`, `media[url]`), or a whole body in the field `json`. */
export function readForm({ file: part, limitBytes }: Multipart, { folder, fieldBytes }: FormLimits): RequestHandler {
  const parse = multer({
    storage: hashingStorage(folder),
    // Browsers and PHP write names in UTF-8; the parser would take them for Latin-1.
    defParamCharset: 'utf8',
    limits: { fileSize: limitBytes, files: 1, fields: MAX_FIELDS, parts: MAX_FIELDS + 1, fieldSize: Math.min(fieldBytes, MAX_FIELD_BYTES), fieldNameSize: 200, fieldNestingDepth: 5, fieldArrayIndexLimit: 1_000, headerPairs: 50 },
  }).single(part);

  return async (req, res, next) => {
    // Refused at once and not after all of it has been sent.
    if (Number(req.get('content-length') ?? 0) > limitBytes + fieldBytes + OVERHEAD_BYTES) throw tooLarge(part, limitBytes);
    if ((req.get('content-encoding') ?? 'identity') !== 'identity') throw new ApiError('unsupported_media_type');
    const problem = await new Promise<unknown>((resolve) => void parse(req, res, resolve));
    if (problem !== undefined) throw formProblem(problem, part, limitBytes);
    try {
      stateOf(res).form = formOf(req, part, fieldBytes);
    } catch (error) {
      await removeUpload(uploadOf(req));
      throw error;
    }
    next();
  };
}

/** Deletes what was uploaded. Whoever wanted it has moved it away. */
export async function removeUpload(file: UploadedFile | null): Promise<void> {
  if (file) await rm(file.path, { force: true });
}

type Hashed = Express.Multer.File & { sha256: string };

/** Multer's own storage, which hashes what passes by. */
function hashingStorage(folder: string): multer.StorageEngine {
  const disk = multer.diskStorage({
    destination: (_req, _file, done) => done(null, folder),
    filename: (_req, _file, done) => done(null, newUploadId()),
  });
  return {
    _handleFile: (req, file, done) => {
      const hash = createHash('sha256');
      file.stream.on('data', (chunk: Buffer) => {
        hash.update(chunk);
        readBytes(chunk.length);
      });
      disk._handleFile(req, file, (error, info) => {
        const hashed: Partial<Hashed> | undefined = info && { ...info, sha256: hash.digest('hex') };
        done(error, hashed);
      });
    },
    _removeFile: (req, file, done) => disk._removeFile(req, file, done),
  };
}

function uploadOf(req: Request): UploadedFile | null {
  if (!req.file) return null;
  const { path, originalname, mimetype, size, sha256 } = req.file as Hashed;
  return { path, filename: originalname, mimetype, size, sha256 };
}

function formOf(req: Request, part: string, fieldBytes: number): Form {
  const fields = (req.body ?? {}) as Record<string, unknown>;
  const file = uploadOf(req);
  const text = JSON.stringify(fields);
  if (Buffer.byteLength(text) > fieldBytes) throw new ApiError('payload_too_large', { limit_bytes: fieldBytes });
  if (!file) throw invalidField(`body.${part}`, Object.hasOwn(fields, part) ? READ_AS_TEXT : 'is required: one file');
  if (file.size === 0) throw invalidField(`body.${part}`, 'is empty');
  const body = bodyOf(fields);
  refuseHostile(body);
  return { body, isText: !Object.hasOwn(fields, JSON_FIELD), hash: hashOf(Buffer.from(JSON.stringify([fields, file.filename, file.mimetype, file.sha256]))), file };
}

/** Laravel's `Http::attach('file', $contents)` sends such a part. */
const READ_AS_TEXT = 'came without a file name and was read as text. Give it one, as in Http::attach(name, contents, filename)';

function bodyOf(fields: Record<string, unknown>): unknown {
  const { [JSON_FIELD]: json, ...others } = fields;
  if (json === undefined) return others;
  if (Object.keys(others).length > 0) throw invalidField(`body.${Object.keys(others)[0] ?? ''}`, 'stands beside the field `json`, which holds the whole body. Send one or the other');
  if (typeof json !== 'string') throw invalidField('body.json', 'must be there once, as text');
  return parseJson(Buffer.from(json));
}

const tooLarge = (part: string, limitBytes: number): ApiError => new ApiError('media_too_large', { limit_bytes: limitBytes, field: part });

/** What multer and its parser complain of, in the catalogue's words; what failed on our disk stays what it is. */
function formProblem(error: unknown, part: string, limitBytes: number): unknown {
  const { code, field, syscall } = error as { code?: string; field?: string; syscall?: string };
  const at = field === undefined ? 'body' : `body.${field.slice(0, 200)}`;
  switch (code) {
    case 'LIMIT_FILE_SIZE':
      return tooLarge(field ?? part, limitBytes);
    case 'LIMIT_UNEXPECTED_FILE':
    case 'LIMIT_FILE_COUNT':
      return field === part || field === undefined ? invalidField(`body.${part}`, 'came more than once; one request carries one file') : invalidField(at, `is not where the file belongs; name its part \`${part}\``);
    case 'LIMIT_FIELD_VALUE':
      return invalidField(at, field === part ? READ_AS_TEXT : 'is too long');
    case 'LIMIT_FIELD_COUNT':
    case 'LIMIT_PART_COUNT':
      return invalidField('body', `has more than ${MAX_FIELDS} fields; send the whole body as JSON in the field \`json\``);
    case 'LIMIT_FIELD_KEY':
    case 'LIMIT_FIELD_NESTING':
    case 'LIMIT_FIELD_ARRAY_INDEX':
    case 'INVALID_FIELD_NAME':
    case 'MISSING_FIELD_NAME':
      return invalidField(at, 'has a field name that cannot be read');
    default:
      return syscall === undefined ? invalidField('body', 'is not a well-formed form, or was cut off') : error;
  }
}
