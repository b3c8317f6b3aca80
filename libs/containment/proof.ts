import type { Proof } from '@keytrail/contracts';
import { isoOf, isoOrNull, latest, type NodeEvidence } from './caller-evidence.js';

type Verdict = Proof['verdict'];

/**
 * Whether a revocation took hold, by what gateways logged. One accepted request after it is a failure, also when refusals follow: how late
 * it came stands beside it, for clocks differ and a cache has its second. Silence proves nothing.
 */
export function proofOf(nodes: readonly NodeEvidence[], revokedAt: number): Proof {
  const judged = nodes.map((node) => ({ node, verdict: verdictOf(node) }));
  const firstRefusal = judged.reduce<number | null>((first, { node: { first_refusal } }) =>
    (first_refusal !== null && (first === null || first_refusal < first) ? first_refusal : first), null);
  return {
    verdict: together(judged.map(({ verdict }) => verdict)), revoked_at: isoOf(revokedAt), accepted_after: nodes.reduce((sum, node) => sum + node.accepted_after, 0),
    first_refusal_at: isoOrNull(firstRefusal), ms_to_first_refusal: firstRefusal === null ? null : firstRefusal - revokedAt,
    nodes: judged.map(({ node, verdict }) => ({
      gateway_node: node.gateway_node, verdict, last_accepted_at: isoOrNull(latest(node.last_accepted, node.last_accepted_after)),
      accepted_after: node.accepted_after, last_accepted_after_ms: node.last_accepted_after === null ? null : node.last_accepted_after - revokedAt,
      errors_after: node.errors_after, refused_after: node.refused_after,
      first_refusal_at: isoOrNull(node.first_refusal), ms_to_first_refusal: node.first_refusal === null ? null : node.first_refusal - revokedAt,
    })),
  };
}

function verdictOf(node: NodeEvidence): Verdict {
  if (node.accepted_after > 0) return 'failed';
  if (node.errors_after > 0) return 'unclear';
  return node.refused_after > 0 ? 'proven' : 'awaiting';
}

/** The worst of them; nothing seen is nothing proven. */
function together(verdicts: readonly Verdict[]): Verdict {
  return (['failed', 'unclear', 'awaiting'] as const).find((verdict) => verdicts.includes(verdict)) ?? (verdicts.length === 0 ? 'awaiting' : 'proven');
}
