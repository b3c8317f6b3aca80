import type { Containment, ContainmentSummary, Proof, Recovery } from '@keytrail/contracts';
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconCircleCheck, IconCircleX, IconHelpCircle, IconHourglass } from '@tabler/icons-react';
import { containmentQuery } from '../api/queries.js';
import { duration } from '../time/format-time.js';
import { Ago } from '../time/time-context.js';
import { CopyButton } from '../ui/copy-button.js';
import { ErrorNote } from '../ui/error-note.js';
import { Tag } from '../ui/tags.js';
import classes from './containment.module.css';

const doings: Record<ContainmentSummary['action'], string> = { revoke: 'revoked', revoke_and_replace: 'revoked and replaced', rotate: 'rotated' };
const states: Record<ContainmentSummary['state'], Parameters<typeof Tag>[0]['tone']> = { overlap: 'medium', contained: 'good', cancelled: 'quiet', in_progress: 'accent', stuck: 'critical' };

/** What was done about a key, whether gateways refuse it, and how its callers fare; asked for again while it is awaited. */
export function ContainmentBoard({ containmentId }: { containmentId: string }) {
  const { data, error } = useQuery(containmentQuery(containmentId));
  if (error !== null && data === undefined) return <div className={classes['board']}><ErrorNote title="What came of it cannot be shown" error={error} /></div>;
  if (data === undefined) return <div className={classes['board']} aria-busy="true"><Skeleton height={20} width="60%" /><Skeleton height={90} mt={12} /></div>;
  const { name, action, state, started_at, started_by, successor_id, next, sealed, proof, recovery, evidence } = data;
  return (
    <div className={classes['board']}>
      <div className={classes['boardHead']}>
        <div><strong>{name}</strong> {doings[action]} <Ago at={started_at} /> by {started_by}{successor_id !== null && <span className="muted"> · successor <span className="mono">{successor_id}</span></span>}</div>
        <Tag tone={states[state]}>{state.replace('_', ' ')}</Tag>
      </div>
      {next !== null && <p className={classes['next']}>{next}</p>}
      {sealed !== null && <p className={classes['next']}>Sealed secret for the owner <CopyButton text={sealed} label="Copy the sealed secret" /></p>}
      {evidence === 'unavailable' && <p className={classes['next']}>The request logs cannot be asked at the moment: proof and recovery follow when they answer.</p>}
      <div className={classes['halves']}>
        {proof !== null && <ProofView proof={proof} />}
        {recovery !== null && <RecoveryView recovery={recovery} hasSuccessor={successor_id !== null} />}
        {data.overlap !== null && <OverlapView overlap={data.overlap} />}
      </div>
    </div>
  );
}

const verdicts: Record<Proof['verdict'], { icon: typeof IconCircleCheck; tone: string; words: string }> = {
  proven: { icon: IconCircleCheck, tone: 'good', words: 'Proven: every gateway node refuses the old key' },
  failed: { icon: IconCircleX, tone: 'critical', words: 'Failed: the old key was accepted after the revocation' },
  unclear: { icon: IconHelpCircle, tone: 'medium', words: 'Unclear: a request ended in an error' },
  awaiting: { icon: IconHourglass, tone: 'muted', words: 'Waiting for a request with the old key' },
};

function ProofView({ proof }: { proof: Proof }) {
  const { icon: Icon, tone, words } = verdicts[proof.verdict];
  return (
    <section aria-label="Proof">
      <h3>Proof</h3>
      <p className={classes['verdict']} data-tone={tone} role="status"><Icon size={18} aria-hidden />{waitingFor(proof) ?? words}</p>
      {proof.ms_to_first_refusal !== null && <p className="muted">First refusal {duration(proof.ms_to_first_refusal)} after the revocation{proof.accepted_after > 0 ? `; ${proof.accepted_after} accepted after it` : ''}.</p>}
      {proof.nodes.length > 0 && (
        <div className={classes['scroll']}>
          <table className={classes['table']}>
            <thead><tr><th>Gateway node</th><th className={classes['right']}>Refused</th><th className={classes['right']}>Accepted after</th><th>Verdict</th></tr></thead>
            <tbody>
              {proof.nodes.map((node) => (
                <tr key={node.gateway_node}>
                  <td className="mono">{node.gateway_node || <span className="muted">not said</span>}</td>
                  <td className={`${classes['right']} num`}>{node.refused_after}</td><td className={`${classes['right']} num`}>{node.accepted_after}</td>
                  <td><span className={classes['verdictWord']} data-tone={verdicts[node.verdict].tone}>{node.verdict}</span></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** While some nodes refuse the old key and others were not asked yet. */
function waitingFor({ verdict, nodes }: Proof): string | undefined {
  const proven = nodes.filter((node) => node.verdict === 'proven').length;
  return verdict === 'awaiting' && proven > 0 ? `${proven} of ${nodes.length} gateway nodes refuse it; the others were not asked yet` : undefined;
}

const callerTones = { healthy: 'good', failing: 'critical', silent: 'quiet' } as const;

function RecoveryView({ recovery, hasSuccessor }: { recovery: Recovery; hasSuccessor: boolean }) {
  const { callers, healthy, failing, silent, recovered } = recovery;
  return (
    <section aria-label="Recovery">
      <h3>Recovery</h3>
      <p className={classes['verdict']} data-tone={recovered ? 'good' : failing > 0 ? 'medium' : 'muted'} role="status">
        {recovered ? <IconCircleCheck size={18} aria-hidden /> : <IconHourglass size={18} aria-hidden />}
        {!hasSuccessor ? `No successor: ${failing} refused` : recovered ? 'Every known caller works with the new key' : `${healthy} healthy, ${failing} failing, ${silent} silent`}
      </p>
      {callers.length > 0 && (
        <div className={classes['scroll']}>
          <table className={classes['table']}>
            <thead><tr><th>Caller</th><th>State</th><th className={classes['right']}>Last seen</th></tr></thead>
            <tbody>
              {callers.map(({ network, user_agent, state, on, known, last_seen }) => (
                <tr key={`${network} ${user_agent}`}>
                  <td className={classes['caller']}><span className="mono">{network}</span><span className="muted" title={user_agent}>{user_agent}</span></td>
                  <td><Tag tone={callerTones[state]}>{state === 'failing' && on !== null ? `failing on the ${on} key` : known ? state : `${state}, new`}</Tag></td>
                  <td className={classes['right']}>{last_seen === null ? '—' : <Ago at={last_seen} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function OverlapView({ overlap }: { overlap: NonNullable<Containment['overlap']> }) {
  return (
    <section aria-label="Overlap">
      <h3>Overlap</h3>
      <p className={classes['verdict']} data-tone={overlap.safe_to_revoke ? 'good' : 'medium'} role="status">
        {overlap.safe_to_revoke ? <IconCircleCheck size={18} aria-hidden /> : <IconHourglass size={18} aria-hidden />}{overlap.safe_to_revoke ? 'Safe to revoke the old key' : 'Both keys work; it ends '}{!overlap.safe_to_revoke && <Ago at={overlap.ends_at} />}
      </p>
      {overlap.reasons.length > 0 && <ul className={classes['reasons']}>{overlap.reasons.map(({ code, message }) => <li key={code}>{message}</li>)}</ul>}
    </section>
  );
}
