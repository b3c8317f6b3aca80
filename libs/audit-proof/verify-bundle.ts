import { z } from 'zod';
import { AuditCheckpoint } from '@keytrail/contracts';
import { leafHashOf } from './audit-leaf.js';
import { canonicalJson, parseCanonical } from './canonical-json.js';
import { verifyInclusion } from './merkle/verify-proof.js';
import { findFlaw } from './signed-statement.js';
import { tampered, type Verdict } from './verdict.js';
import type { Yardstick } from './verify-export.js';

/** What the check needs of a bundle. The signature covers the rest, also what a newer Keytrail adds. */
const Bundle = z.strictObject({
  type: z.literal('incident-bundle'), protected: z.string(), signature: z.string(),
  body: z.looseObject({
    version: z.literal(1), exported_at: z.string(), exported_by: z.string(), incident: z.looseObject({ incident_id: z.string() }),
    audit: z.looseObject({
      checkpoint: AuditCheckpoint,
      entries: z.array(z.looseObject({ index: z.number().int().min(0), entry: z.record(z.string(), z.unknown()), path: z.array(z.string()) })),
    }),
  }),
});

/** Whether a line (without its line feed) is a bundle, however damaged: it decides which check speaks. */
export const looksLikeBundle = (line: Buffer): boolean => line.subarray(-128).includes('"type":"incident-bundle"');

/** Checks the one line of an incident bundle. */
export async function verifyBundle(bytes: Buffer, { keys, held }: Yardstick): Promise<Verdict> {
  const parsed = Bundle.safeParse(parseCanonical(bytes));
  if (!parsed.success) return tampered('the bundle is not as Keytrail writes one: it was edited or cut off');
  const { body } = parsed.data;
  const flaw = await findFlaw('incident-bundle', parsed.data, keys);
  if (flaw !== undefined) return tampered(`the bundle is not to be believed: ${flaw}`);
  const { checkpoint, entries } = body.audit;
  const checkpointFlaw = await findFlaw('checkpoint', checkpoint, keys);
  if (checkpointFlaw !== undefined) return tampered(`checkpoint ${checkpoint.body.number} is not to be believed: ${checkpointFlaw}`);
  const tree = { size: checkpoint.body.size, root: Buffer.from(checkpoint.body.root, 'hex') };
  const problems = entries
    .filter(({ entry, index, path }) => !verifyInclusion({ hash: leafHashOf(entry), index }, tree, path.map((hash) => Buffer.from(hash, 'hex'))))
    .map(({ entry, index }) => `entry ${index} of the tree (entry_id ${String(entry['entry_id'])}) is not what was recorded: it does not lead to checkpoint ${checkpoint.body.number}`);
  const other = held.find(({ number }) => number === checkpoint.body.number);
  if (other !== undefined && canonicalJson(other) !== canonicalJson(checkpoint.body)) problems.push(`checkpoint ${other.number} is not the one you hold: the record was written anew`);
  if (problems.length > 0) return tampered(...problems);
  return {
    outcome: 'whole', problems: [], notes: [
      `the bundle of incident ${body.incident.incident_id} is as it was exported ${body.exported_at} by ${body.exported_by}`,
      `${entries.length} audit entries are in the tree of checkpoint ${checkpoint.body.number} of ${checkpoint.body.at}, over ${tree.size} entries`,
      'whether these are all entries about the incident cannot be told from a bundle: an export holds every entry',
    ],
  };
}
