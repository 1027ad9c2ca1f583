import { z } from 'zod';
import { zSessionIdInput } from './session-api.js';

const zScope = z.enum(['read', 'send', 'admin']);

export const zCreateApiKey = z.strictObject({
  name: z.string().trim().min(1).max(200).describe('for people: which application or person uses it'),
  scopes: z.array(zScope).min(1).max(3).transform((scopes) => [...new Set(scopes)]).describe('`admin` includes `send`, which includes `read`'),
  sessions: z
    .array(zSessionIdInput)
    .min(1)
    .max(1_000)
    .transform((ids) => [...new Set(ids.map(String))])
    .nullable()
    .default(null)
    .describe('the only sessions that it may use; null: every session'),
  workspaces: z
    .array(z.union([z.string().min(1).max(128), z.number().int()]))
    .min(1)
    .max(1_000)
    .transform((ids) => [...new Set(ids.map(String))])
    .nullable()
    .default(null)
    .describe('the only workspaces whose sessions, blasts and contacts it may use; null: every workspace'),
});

export const zApiKeyParams = z.object({ id: z.string().min(1).max(64) });

export const zApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(zScope),
    sessions: z.array(z.string()).nullable().describe('null: every session'),
    workspaces: z.array(z.string()).nullable().describe('null: every workspace'),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKeyView = z.infer<typeof zApiKey>;

export const zCreatedApiKey = zApiKey.extend({ key: z.string().describe('shown once; keep it in a safe place') });

export const zApiKeyList = z.object({ keys: z.array(zApiKey) });
