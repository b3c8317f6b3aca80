import { z } from 'zod';
import { AuditEntry } from './audit.js';
import { Incident } from './incident.js';
import { page, pageQuery, timestamp } from './text.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');
const count = z.number().int().min(0);

/** A statement and its signature: a JWS with detached payload, which is the canonical JSON (RFC 8785) of `body`. */
const signed = <T extends z.ZodType>(body: T) => z.strictObject({ body, protected: z.string(), signature: z.string() });

/** What is signed every minute: how many entries there are and the Merkle root (RFC 6962) over them. */
export const CheckpointBody = z.strictObject({
  number: count.describe('From 0, without a gap'), size: count.describe('Entries in the tree'), root: sha256, at: timestamp,
}).meta({ id: 'CheckpointBody' });
export type CheckpointBody = z.infer<typeof CheckpointBody>;

export const AuditCheckpoint = signed(CheckpointBody).meta({ id: 'AuditCheckpoint' });
export type AuditCheckpoint = z.infer<typeof AuditCheckpoint>;
export const AuditCheckpointQuery = z.strictObject({ ...pageQuery }).meta({ id: 'AuditCheckpointQuery' });
export type AuditCheckpointQuery = z.infer<typeof AuditCheckpointQuery>;
export const AuditCheckpointPage = page(AuditCheckpoint).meta({ id: 'AuditCheckpointPage' });
export type AuditCheckpointPage = z.infer<typeof AuditCheckpointPage>;

/** That an entry is in the tree: `path` leads from its leaf to the root of `checkpoint`. */
export const AuditProof = z.object({
  entry: AuditEntry, index: count.describe('Position in the tree, from 0'), leaf_hash: sha256, path: z.array(sha256), checkpoint: AuditCheckpoint,
}).meta({ id: 'AuditProof' });
export type AuditProof = z.infer<typeof AuditProof>;

export const ConsistencyQuery = z.strictObject({
  first: z.coerce.number().int().min(0).describe('The smaller size'), second: z.coerce.number().int().min(0).describe('The larger size'),
}).meta({ id: 'ConsistencyQuery' });
export type ConsistencyQuery = z.infer<typeof ConsistencyQuery>;
/** That the tree of `first` entries is the beginning of that of `second`. */
export const ConsistencyProof = z.object({ first: count, second: count, path: z.array(sha256) }).meta({ id: 'ConsistencyProof' });
export type ConsistencyProof = z.infer<typeof ConsistencyProof>;

export const CheckpointKey = z.object({
  kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string().describe('RFC 7638 thumbprint'), alg: z.literal('EdDSA'), use: z.literal('sig'),
}).meta({ id: 'CheckpointKey' });
export type CheckpointKey = z.infer<typeof CheckpointKey>;
/** A JSON Web Key Set: every key that checkpoints were ever signed with, oldest first. */
export const CheckpointKeySet = z.object({ keys: z.array(CheckpointKey) }).meta({ id: 'CheckpointKeySet' });
export type CheckpointKeySet = z.infer<typeof CheckpointKeySet>;

export const AuditExportQuery = z.strictObject({
  from: timestamp.optional().describe('Leave out what a checkpoint at or before this time covers'),
  to: timestamp.optional().describe('End with the first checkpoint at or after this time; absent = with one that is signed now'),
  from_index: z.coerce.number().int().min(0).optional().describe('Leave out entries before this position in the tree'),
}).refine(({ from, from_index }) => from === undefined || from_index === undefined, { message: 'from and from_index exclude each other' })
  .meta({ id: 'AuditExportQuery' });
export type AuditExportQuery = z.infer<typeof AuditExportQuery>;

/** First line of an export: what the lines that follow are, so that none can be left out at either end. */
export const AuditExportHeader = z.strictObject({
  version: z.literal(1), from_index: count, to_index: count.describe('Exclusive'),
  before: z.array(sha256).describe('Complete subtrees of the entries before from_index, from the left'),
  first_checkpoint: count, last_checkpoint: count, complete: z.boolean().describe('It goes to the latest checkpoint there was'),
  key_id: z.string().describe('Of the key that signed the last checkpoint'), exported_at: timestamp, exported_by: z.string(),
});
export type AuditExportHeader = z.infer<typeof AuditExportHeader>;

/** A line of an export. An entry is null when the database has lost it. */
export const AuditExportLine = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('export'), ...signed(AuditExportHeader).shape }),
  z.strictObject({ type: z.literal('entry'), index: count, leaf_hash: sha256, entry: z.record(z.string(), z.unknown()).nullable() }),
  z.strictObject({ type: z.literal('checkpoint'), ...AuditCheckpoint.shape }),
]).meta({ id: 'AuditExportLine' });
export type AuditExportLine = z.infer<typeof AuditExportLine>;

/** Everything about an incident in one signed document; each entry with the proof that it is in the tree of `checkpoint`. */
export const IncidentBundle = z.strictObject({
  type: z.literal('incident-bundle'),
  ...signed(z.strictObject({
    version: z.literal(1), exported_at: timestamp, exported_by: z.string(), incident: Incident,
    audit: z.strictObject({
      checkpoint: AuditCheckpoint,
      entries: z.array(z.strictObject({ index: count, entry: AuditEntry, path: z.array(sha256) })),
      truncated: z.boolean().describe('There are more entries than a bundle holds; those here are the first'),
    }),
  })).shape,
}).meta({ id: 'IncidentBundle' });
export type IncidentBundle = z.infer<typeof IncidentBundle>;
