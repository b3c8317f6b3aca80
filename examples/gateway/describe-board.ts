/** Of `GET /v1/containments/{id}`: what the board shows. */
export interface Contained {
  containment_id: string;
  key_id: string;
  successor_id: string | null;
  proof: {
    verdict: string; revoked_at: string; accepted_after: number; ms_to_first_refusal: number | null;
    nodes: { gateway_node: string; verdict: string; last_accepted_at: string | null; accepted_after: number; refused_after: number; ms_to_first_refusal: number | null }[];
  } | null;
  recovery: {
    recovered: boolean; healthy: number; failing: number; silent: number;
    callers: { network: string; user_agent: string; state: string; on: string | null; since: string | null; old_refused: number; new_accepted: number }[];
  } | null;
}

/** Proof and recovery as a person reads them. */
export function describeBoard({ proof, recovery }: Contained): string {
  const parts: string[] = [];
  if (proof !== null) {
    parts.push(`Proof: ${proof.verdict}. Revoked at ${clockOf(proof.revoked_at)}; ${proof.accepted_after} accepted since.`, table(
      ['gateway node', 'verdict', 'last accepted', 'accepted after', 'refused after', 'first refusal'],
      proof.nodes.map((node) => [node.gateway_node || '(unnamed)', node.verdict, clockOf(node.last_accepted_at), String(node.accepted_after), String(node.refused_after), waitOf(node.ms_to_first_refusal)]),
    ));
  }
  if (recovery !== null) {
    parts.push(`Recovery: ${recovery.recovered ? 'complete' : 'not complete'}; ${recovery.healthy} healthy, ${recovery.failing} failing, ${recovery.silent} silent.`, table(
      ['caller', 'network', 'state', 'on', 'since', 'refused on old', 'accepted on new'],
      [...recovery.callers].sort((a, b) => (a.network < b.network ? -1 : 1)).map((caller) =>
        [caller.user_agent, caller.network, caller.state, caller.on ?? '', clockOf(caller.since), String(caller.old_refused), String(caller.new_accepted)]),
    ));
  }
  return parts.join('\n');
}

/** Time of day in UTC. */
const clockOf = (time: string | null) => time?.slice(11, 23) ?? '-';
const waitOf = (ms: number | null) => (ms === null ? '-' : `after ${ms} ms`);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}`).join('\n');
}
