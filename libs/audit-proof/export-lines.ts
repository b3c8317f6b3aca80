import type { AuditCheckpoint, AuditExportHeader } from '@keytrail/contracts';
import { canonicalJson } from './canonical-json.js';
import type { Signed } from './signed-statement.js';

/** The lines of an export, each with its line feed. */
export const headerLine = (header: Signed<AuditExportHeader>): string => `${canonicalJson({ type: 'export', ...header })}\n`;

export const checkpointLine = (checkpoint: AuditCheckpoint): string => `${canonicalJson({ type: 'checkpoint', ...checkpoint })}\n`;

/** `leaf_hash` in hex as the tree has it; the entry as the database has it now, null when it has it no more. */
export const entryLine = (leaf: { index: number; leaf_hash: string }, entry: object | null): string =>
  `${canonicalJson({ type: 'entry', index: leaf.index, leaf_hash: leaf.leaf_hash, entry })}\n`;
