import { z } from 'zod';
import { CredentialKind } from './request-log.js';
import { timestamp } from './text.js';

export const KeyEventType = z.enum(['created', 'changed', 'rotated', 'revoked']).meta({ id: 'KeyEventType' });
export type KeyEventType = z.infer<typeof KeyEventType>;

/** What became of a key. Holds nothing secret. */
export const KeyEvent = z.object({
  position: z.number().int().describe('Grows from event to event, in the order of commits; there may be gaps'),
  at: timestamp,
  type: KeyEventType.describe('`rotated`: `replaced_by` takes its place, and it is still good; `changed`: ask again before you rely on what you were told'),
  key_id: z.string(), kind: CredentialKind, workspace_id: z.string().nullable().describe('null = the key belongs to the account'),
  fingerprint: z.string(), name: z.string(), expires_at: timestamp.nullable(), revoked_at: timestamp.nullable(),
  replaces: z.string().nullable(), replaced_by: z.string().nullable(),
}).meta({ id: 'KeyEvent' });
export type KeyEvent = z.infer<typeof KeyEvent>;

const cursor = z.string().min(1).max(512);

export const KeyEventQuery = z.strictObject({
  cursor: cursor.optional()
    .describe('`next_cursor` of the page before, or the id of an event of the stream; `now` = what comes from now on. Absent: a page starts with the oldest event that is kept, a stream with now'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Events a page holds at most'),
}).meta({ id: 'KeyEventQuery' });
export type KeyEventQuery = z.infer<typeof KeyEventQuery>;

export const KeyEventPage = z.object({
  data: z.array(KeyEvent).describe('Oldest first'),
  next_cursor: z.string().describe('Always there: ask with it for what comes later'),
  more: z.boolean().describe('There are further events already'),
}).meta({ id: 'KeyEventList' });
export type KeyEventPage = z.infer<typeof KeyEventPage>;
