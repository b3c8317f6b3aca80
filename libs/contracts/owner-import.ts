import { z } from 'zod';
import { SuggestedAction } from './incident.js';
import { identifier } from './text.js';

export const OwnerFeedFormat = z.enum(['csv', 'codeowners', 'scim']).meta({ id: 'OwnerFeedFormat' })
  .describe('`csv`: a table with a header. `codeowners`: patterns over services and key names, each with who owns what it matches. `scim`: users as RFC 7643 has them, one or a ListResponse');
export type OwnerFeedFormat = z.infer<typeof OwnerFeedFormat>;

export const AbsentOwners = z.enum(['keep', 'left']).meta({ id: 'AbsentOwners' })
  .describe('What becomes of active owners that an earlier import from the same source told of, and this one does not: nothing, or they left');
export type AbsentOwners = z.infer<typeof AbsentOwners>;

export const ImportOwners = z.strictObject({
  format: OwnerFeedFormat,
  content: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).describe('The file as text; of `scim` also as JSON'),
  dry_run: z.boolean().default(true).describe('Say what would be done, and do nothing. False: do it'),
  source: identifier(64).optional().describe('What it comes from: owners that are absent from it are looked for among those it told of before. Absent: the format'),
  create: z.boolean().default(true).describe('Make owners that are not there yet. False: change those that are'),
  absent: AbsentOwners.default('keep'),
  most_left: z.number().int().min(0).max(1_000_000).optional()
    .describe('So many owners may leave by this. Absent: a tenth of the active ones, three at least; beyond it nothing is done'),
  workspace: identifier(64).optional().describe('Of `codeowners`: look at keys of this workspace only'),
}).refine(({ format, content }) => format === 'scim' || typeof content === 'string', { message: 'must be text', path: ['content'] }).meta({ id: 'ImportOwners' });
export type ImportOwners = z.infer<typeof ImportOwners>;

/** A PatchOp of RFC 7644. Directories spell its members in ways of their own, so what it says is read where it is used. */
export const ScimPatch = z.record(z.string(), z.unknown()).meta({ id: 'ScimPatch' });
export type ScimPatch = z.infer<typeof ScimPatch>;

const line = z.number().int().describe('From 1; of `scim` the number of the user');
const count = z.number().int();
const who = { owner_id: z.string().nullable().describe('null: made by this, when it is done'), name: z.string() };

export const OwnerImport = z.object({
  dry_run: z.boolean(), import_id: z.string().nullable().describe('The object of its audit entry; null: nothing was done'), format: OwnerFeedFormat, source: z.string(),
  counts: z.object({
    read: count.describe('Lines that say something, users, patterns'), created: count, changed: count, left: count, reassigned: count.describe('Keys'),
    unchanged: count, unknown: count.describe('Left, or not to be made, and not known here: nothing to do'), refused: count,
  }),
  left_limit: z.object({ most: count, exceeded: z.boolean().describe('Then nothing is done, but for `most_left`') }),
  created: z.array(z.object({ line, ...who })),
  changed: z.array(z.object({ line, owner_id: z.string(), name: z.string(), fields: z.array(z.string()) })),
  left: z.array(z.object({
    line: line.nullable().describe('null: absent'), owner_id: z.string(), name: z.string(), active_keys: count,
    action: SuggestedAction.nullable().describe('What to do about their keys; null: they have none'),
  })),
  reassigned: z.array(z.object({ line, key_id: z.string(), name: z.string(), from: z.object({ owner_id: z.string(), name: z.string() }), to: z.object(who) })),
  refused: z.array(z.object({ line, code: z.string(), message: z.string() })).describe('Lines that were left out; all others count'),
  notes: z.array(z.object({ line: line.nullable(), message: z.string() })),
  complete: z.boolean().describe('false: of one of the lists only the first 1,000 are shown'),
}).meta({ id: 'OwnerImport' });
export type OwnerImport = z.infer<typeof OwnerImport>;
