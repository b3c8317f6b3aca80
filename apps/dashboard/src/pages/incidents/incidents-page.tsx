import { severityRank, type IncidentSummary } from '@keytrail/contracts';
import { Button, NativeSelect, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { IconShieldCheck } from '@tabler/icons-react';
import { incidentsQuery, workspacesQuery } from '../../api/queries.js';
import { Page } from '../../shell/page.js';
import { Ago } from '../../time/time-context.js';
import { Empty, SkeletonRows } from '../../ui/blocks.js';
import { ErrorNote } from '../../ui/error-note.js';
import { IncidentStateTag, SeverityTag } from '../../ui/tags.js';
import { views, type IncidentsSearch } from './incidents-search.js';
import classes from './incidents.module.css';

/** The queue: what waits for somebody, the gravest first. */
export function IncidentsPage() {
  const { show = 'waiting', severity, workspace } = useSearch({ from: '/incidents' });
  const navigate = useNavigate({ from: '/incidents' });
  const change = (patch: IncidentsSearch) => void navigate({ search: (before) => ({ ...before, ...patch }) });
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(incidentsQuery({ state: views[show].states, severity, workspace }));
  const { data: workspaces } = useQuery(workspacesQuery);
  const incidents = data?.pages.flatMap((page) => page.data) ?? [];
  const shown = show === 'waiting' ? [...incidents].sort(byUrgency) : incidents;
  return (
    <Page
      title="Incidents"
      aside={<>
        <NativeSelect size="xs" aria-label="Severity" value={severity ?? ''} onChange={(event) => change({ severity: (event.currentTarget.value || undefined) as IncidentsSearch['severity'] })} data={[{ value: '', label: 'Any severity' }, 'critical', 'high', 'medium', 'low']} />
        {(workspaces?.data.length ?? 0) > 1 && <NativeSelect size="xs" aria-label="Workspace" value={workspace ?? ''} onChange={(event) => change({ workspace: event.currentTarget.value || undefined })} data={[{ value: '', label: 'All workspaces' }, ...workspaces!.data.map(({ workspace_id, name }) => ({ value: workspace_id, label: name }))]} />}
        <SegmentedControl size="xs" aria-label="Which incidents" value={show} onChange={(value) => change({ show: value === 'waiting' ? undefined : value as IncidentsSearch['show'] })} data={Object.entries(views).map(([value, { label }]) => ({ value, label }))} />
      </>}
    >
      {error !== null && <ErrorNote title="The incidents cannot be shown" error={error} onRetry={() => void refetch()} />}
      {error === null && (
        <div className={classes['queue']}>
          {isPending ? <SkeletonRows rows={8} height={58} /> : shown.length === 0 ? <NoIncidents show={show} filtered={severity !== undefined || workspace !== undefined} /> : (
            <ul className={classes['rows']}>{shown.map((incident) => <Row key={incident.incident_id} incident={incident} />)}</ul>
          )}
        </div>
      )}
      {hasNextPage && <Button variant="default" mt="md" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>Show older ones</Button>}
    </Page>
  );
}

/** Nobody has taken up the first; among those the gravest first, then the latest. */
const byUrgency = (a: IncidentSummary, b: IncidentSummary): number =>
  Number(b.state === 'open') - Number(a.state === 'open') || severityRank[b.severity] - severityRank[a.severity] || b.last_seen.localeCompare(a.last_seen);

function Row({ incident }: { incident: IncidentSummary }) {
  const { incident_id, title, severity, state, owner, workspace_id, findings, addresses, last_seen, opened_at } = incident;
  return (
    <li>
      <Link to="/incidents/$incidentId" params={{ incidentId: incident_id }} className={classes['row']}>
        <span className={classes['severity']}><SeverityTag severity={severity} /></span>
        <span className={classes['what']}>
          <strong>{title}</strong>
          <span className="muted">
            {workspace_id} · {findings} {findings === 1 ? 'finding' : 'findings'}{addresses.length > 0 && <> · {addresses.length} {addresses.length === 1 ? 'address' : 'addresses'}</>} · opened <Ago at={opened_at} />
          </span>
        </span>
        <span className={classes['owner']}>{owner === null ? <span className="muted">no owner</span> : owner.name}</span>
        <span className={classes['state']}><IncidentStateTag state={state} /></span>
        <span className={classes['seen']}><span className={classes['onlyWide']}>seen </span><Ago at={last_seen} /></span>
      </Link>
    </li>
  );
}

function NoIncidents({ show, filtered }: { show: keyof typeof views; filtered: boolean }) {
  if (filtered) return <Empty title="No incident fits">Take a filter away to see more.</Empty>;
  if (show !== 'waiting' && show !== 'all') return <Empty title={`No ${views[show].label.toLowerCase()} incidents`}>They come here as people work on them.</Empty>;
  return (
    <Empty title={show === 'all' ? 'No incidents yet' : 'Nothing waits for you'} icon={<IconShieldCheck size={30} />}>
      Keytrail watches every request log that it is sent, and opens an incident when a key is used as it should not be. Nothing comes in yet? Send logs to <code className="mono">POST /v1/request-logs</code>, from
      Kafka, or with <code className="mono">npx keytrail import access.log</code>; <a href="/docs">the API’s description</a> shows how. To see one at once: <code className="mono">npm start -- --demo</code>.
    </Empty>
  );
}
