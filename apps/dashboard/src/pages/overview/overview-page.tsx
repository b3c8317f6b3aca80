import { severityRank, type IncidentSummary } from '@keytrail/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { IconShieldCheck } from '@tabler/icons-react';
import { intakeAccountsQuery, policySummaryQuery, requestCountsQuery, waitingIncidentsQuery } from '../../api/queries.js';
import { OutcomeChart } from '../../charts/outcome-chart.js';
import { Page } from '../../shell/page.js';
import { useMay, useSession } from '../../session/use-session.js';
import { Ago } from '../../time/time-context.js';
import { Empty, Figure, Section, SkeletonRows } from '../../ui/blocks.js';
import { ErrorNote } from '../../ui/error-note.js';
import { IncidentStateTag, SeverityTag, Tag } from '../../ui/tags.js';
import { riskOf } from './risk.js';
import { useLastVisit } from './use-last-visit.js';
import classes from './overview.module.css';

const DAY_MINUTES = 1_440;

/** How things stand: what waits, what came in, what is due. */
export function OverviewPage() {
  const { data: waiting, error, refetch } = useQuery(waitingIncidentsQuery);
  const mayReadLogs = useMay('request-logs:read');
  return (
    <Page title="Overview" aside={<SinceLastVisit incidents={waiting} />}>
      <div className={classes['layout']}>
        {mayReadLogs && <LastDay />}
        <Section title="Waiting" count={waiting?.length} aside={<Link to="/incidents">All incidents</Link>}>
          {error !== null && waiting === undefined ? <ErrorNote title="The incidents cannot be shown" error={error} onRetry={() => void refetch()} /> : <Waiting incidents={waiting} />}
        </Section>
        <KeysAtRisk incidents={waiting} />
        <Due />
        <Intake />
      </div>
    </Page>
  );
}

function SinceLastVisit({ incidents }: { incidents: readonly IncidentSummary[] | undefined }) {
  const lastVisit = useLastVisit();
  if (lastVisit === undefined || incidents === undefined) return null;
  const fresh = incidents.filter(({ opened_at }) => opened_at > lastVisit).length;
  const grown = incidents.filter(({ opened_at, updated_at }) => opened_at <= lastVisit && updated_at > lastVisit).length;
  return <span className="muted">Since your last visit <Ago at={lastVisit} />: {fresh === 0 && grown === 0 ? 'nothing new' : `${fresh} new, ${grown} changed`}</span>;
}

function LastDay() {
  const navigate = useNavigate();
  const { data, error } = useQuery({ ...requestCountsQuery({ last_n_minutes: DAY_MINUTES }), refetchInterval: 30_000 });
  const all = data && Object.values(data.totals).reduce((sum, count) => sum + count, 0);
  const figure = (count: number | undefined) => (count === undefined ? '…' : count.toLocaleString('en'));
  return (
    <div className={classes['wide']}>
      <Section title="Last 24 hours" aside={<Link to="/requests">Open in Requests</Link>}>
        <dl className={classes['figures']}>
          <Figure label="Requests" value={figure(all)} />
          <Figure label="Denied" value={figure(data?.totals.denied)} tone={(data?.totals.denied ?? 0) > 0 ? 'critical' : undefined} />
          <Figure label="Rate limited" value={figure(data?.totals.rate_limited)} />
          <Figure label="Errors" value={figure(data?.totals.error)} />
        </dl>
        <div className={classes['chart']}>
          <OutcomeChart counts={data} error={error} onZoom={(from, to) => void navigate({ to: '/requests', search: { from: new Date(from).toISOString(), to: new Date(to).toISOString() } as never })} />
        </div>
      </Section>
    </div>
  );
}

function Waiting({ incidents }: { incidents: readonly IncidentSummary[] | undefined }) {
  if (incidents === undefined) return <SkeletonRows rows={4} height={50} />;
  if (incidents.length === 0) return <Empty title="Nothing waits for you" icon={<IconShieldCheck size={28} />}>No incident is open. Send request logs to <code className="mono">POST /v1/request-logs</code> and Keytrail watches them.</Empty>;
  const first = [...incidents].sort((a, b) => severityRank[b.severity] - severityRank[a.severity] || b.last_seen.localeCompare(a.last_seen)).slice(0, 6);
  return (
    <ul className={classes['rows']}>
      {first.map(({ incident_id, title, severity, state, owner, last_seen }) => (
        <li key={incident_id}>
          <Link to="/incidents/$incidentId" params={{ incidentId: incident_id }}>
            <SeverityTag severity={severity} />
            <span className={classes['what']}><strong>{title}</strong><span className="muted">{owner?.name ?? 'no owner'} · seen <Ago at={last_seen} /></span></span>
            <IncidentStateTag state={state} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function KeysAtRisk({ incidents }: { incidents: readonly IncidentSummary[] | undefined }) {
  const risks = riskOf(incidents ?? []).slice(0, 6);
  return (
    <Section title="Keys at risk" aside={<Link to="/keys">All keys</Link>}>
      {incidents === undefined ? <SkeletonRows rows={4} height={44} /> : risks.length === 0 ? <Empty title="No key is in an open incident" /> : (
        <ul className={classes['rows']}>
          {risks.map(({ key_id, severity, incidents: count, latest }) => (
            <li key={key_id}><Link to="/incidents/$incidentId" params={{ incidentId: latest }}><SeverityTag severity={severity} /><span className={`${classes['what']} mono`}>{key_id}</span><span className="muted num">{count} {count === 1 ? 'incident' : 'incidents'}</span></Link></li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Due() {
  const may = useMay('policy-violations:read');
  const { data, error } = useQuery({ ...policySummaryQuery, enabled: may });
  if (!may) return null;
  const broken = data?.policies.filter(({ warn, breach }) => warn + breach > 0) ?? [];
  return (
    <Section title="Policies" aside={data?.checked_at == null ? undefined : <span className="muted">checked <Ago at={data.checked_at} /></span>}>
      {error !== null && data === undefined ? <ErrorNote title="The policies cannot be shown" error={error} /> : data === undefined ? <SkeletonRows rows={3} height={40} />
        : broken.length === 0 ? <Empty title={data.checked_at === null ? 'No check has ended yet' : 'Every key keeps every policy'} /> : (
          <ul className={classes['policies']}>
            {broken.map(({ policy, title, why, warn, breach }) => <li key={policy}><span title={why}>{title}</span>{breach > 0 && <Tag tone="critical">{`${breach} overdue`}</Tag>}{warn > 0 && <Tag tone="medium">{`${warn} to do`}</Tag>}</li>)}
          </ul>
        )}
    </Section>
  );
}

/** Nothing is lost: what was received is stored or kept as a dead letter. */
function Intake() {
  const { permissions, workspaces } = useSession();
  const may = permissions.includes('dead-letters:read') && workspaces === null;
  const { data, error } = useQuery({ ...intakeAccountsQuery, enabled: may, refetchInterval: 10_000 });
  if (!may) return null;
  return (
    <Section title="Collecting">
      {error !== null && data === undefined ? <ErrorNote title="The accounts cannot be shown" error={error} /> : data === undefined ? <SkeletonRows rows={2} height={40} /> : data.sources.length === 0 ? <Empty title="Nothing was received yet">Send logs to <code className="mono">POST /v1/request-logs</code> or set <code className="mono">KEYTRAIL_KAFKA_BROKERS</code>.</Empty> : (
        <table className={classes['accounts']}>
          <thead><tr><th>Source</th><th>Received</th><th>Stored</th><th>Dead letters</th><th>Adds up</th></tr></thead>
          <tbody>
            {data.sources.map(({ source, received, stored, dead_lettered }) => (
              <tr key={source}>
                <td>{source}</td><td className="num">{received.toLocaleString('en')}</td><td className="num">{stored.toLocaleString('en')}</td><td className="num">{dead_lettered.toLocaleString('en')}</td>
                <td>{received === stored + dead_lettered ? <Tag tone="good">yes</Tag> : <Tag tone="medium">{`${(received - stored - dead_lettered).toLocaleString('en')} under way`}</Tag>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data?.partitions.filter(({ stopped_reason }) => stopped_reason !== null).map(({ topic, partition, stopped_reason }) => <p key={`${topic} ${partition}`} className={classes['stopped']}>{topic}/{partition} is not read: {stopped_reason}</p>)}
    </Section>
  );
}
