import { randomBytes } from 'node:crypto';
import {
  append, checkpointLine, emptyFrontier, entryLine, headerLine, leafHashOf, privateKeyOfSeed, readPublicKeys, rootOf, signStatement, signingKeyOf,
  type Frontier, type SigningKey, type TrustedKeys,
} from '@keytrail/audit-proof';
import type { AuditEntry, CheckpointBody } from '@keytrail/contracts';

export const newSigningKey = (): Promise<SigningKey> => signingKeyOf(privateKeyOfSeed(randomBytes(32)));

export const keysOf = (...keys: SigningKey[]): Promise<TrustedKeys> => readPublicKeys(JSON.stringify({ keys: keys.map((one) => one.public) }));

export const entryAt = (index: number): AuditEntry => ({
  entry_id: 2 * index + 1, at: new Date(Date.UTC(2026, 2, 1) + index * 1_234).toISOString(), actor: index % 3 ? `token:tok_${index}` : 'keytrail',
  actor_address: index % 3 ? `192.0.2.${index % 256}` : '', action: 'api_key.changed', object_type: 'api_key', object_id: `key_${index}`,
  workspace_id: index % 5 ? 'default' : null, reason: index % 4 ? `because of "${index}" – ünïcödé 🔑` : null, request_id: `req_${index}`,
  detail: { before: { scopes: ['a', 'b'], weight: index / 7 }, after: { scopes: [], note: 'x\ny' } },
});

export interface MadeExport { lines: string[]; bodies: CheckpointBody[]; text: string }

/** A good export of `size` entries with a checkpoint after each `every`, one more that says the same, and one at the end. */
export async function makeExport(
  size: number, key: SigningKey, { every = 50, from = 0, entry = entryAt }: { every?: number; from?: number; entry?: (index: number) => AuditEntry } = {},
): Promise<MadeExport> {
  const lines: string[] = [];
  const bodies: CheckpointBody[] = [];
  let frontier: Frontier = emptyFrontier;
  let before: string[] = [];
  let number = 0;
  let first = 0;
  const sign = async () => {
    const body = { number, size: frontier.size, root: rootOf(frontier).toString('hex'), at: new Date(Date.UTC(2026, 2, 2) + number * 60_000).toISOString() };
    number += 1;
    if (frontier.size < from) first = number;
    if (frontier.size < from) return;
    bodies.push(body);
    lines.push(checkpointLine(await signStatement('checkpoint', body, key)));
  };
  for (let index = 0; index < size; index += 1) {
    if (index === from) before = frontier.hashes.map((hash) => hash.toString('hex'));
    const made = entry(index);
    const hash = leafHashOf(made);
    if (index >= from) lines.push(entryLine({ index, leaf_hash: hash.toString('hex') }, made));
    frontier = append(frontier, hash).frontier;
    if (frontier.size % every === 0) await sign();
    if (frontier.size % (2 * every) === 0) await sign();
  }
  await sign();
  lines.unshift(headerLine(await signStatement('audit-export', {
    version: 1 as const, from_index: from, to_index: size, before, first_checkpoint: first, last_checkpoint: number - 1, complete: true,
    key_id: key.public.kid, exported_at: new Date(Date.UTC(2026, 5, 1)).toISOString(), exported_by: 'token:tok_auditor',
  }, key)));
  return { lines, bodies, text: lines.join('') };
}
