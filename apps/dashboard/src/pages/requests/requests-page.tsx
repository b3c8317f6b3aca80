import type { RequestLog } from '@keytrail/contracts';
import { Button, Switch } from '@mantine/core';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Query } from '../../api/client.js';
import { requestCountsQuery, requestsQuery } from '../../api/queries.js';
import { OutcomeChart } from '../../charts/outcome-chart.js';
import { Page } from '../../shell/page.js';
import { rangeMs } from '../../time/parse-range.js';
import { ErrorNote } from '../../ui/error-note.js';
import { Export } from './export.js';
import { FilterBar } from './filter-bar.js';
import { RangePicker } from './range-picker.js';
import { RequestDrawer } from './request-drawer.js';
import { RequestList } from './request-list.js';
import { nameOf } from './request-name.js';
import { DEFAULT_RANGE, apiFilters, withFilter, withoutFilters, type Filter } from './requests-query.js';
import type { RequestsSearch } from './requests-search.js';
import { ViewsMenu } from './views-menu.js';
import classes from './requests.module.css';

const LIVE_EVERY_MS = 3_000;

/** The log explorer: which requests, over time and one by one. The address says all of it. */
export function RequestsPage() {
  const search = useSearch({ from: '/requests' });
  const navigate = useNavigate({ from: '/requests' });
  const { open, live = false } = search;
  const change = useCallback((next: (before: RequestsSearch) => RequestsSearch) => void navigate({ search: (before) => next(before as RequestsSearch) }), [navigate]);
  const range = useMemo(() => (search.from !== undefined || search.to !== undefined ? { from: search.from, to: search.to } : { last_n_minutes: rangeMs(search.range ?? DEFAULT_RANGE) / 60_000 }), [search.from, search.to, search.range]);
  const asked = useMemo(() => ({ ...range, ...apiFilters(search) }), [range, search]);
  const isRelative = 'last_n_minutes' in range;
  const tail = live && isRelative;
  const rows = useInfiniteQuery(requestsQuery(asked));
  const counts = useQuery({ ...requestCountsQuery(asked), refetchInterval: tail ? LIVE_EVERY_MS * 2 : false });
  useLiveTail(tail, asked);
  const requests = useMemo(() => rows.data?.pages.flatMap((page) => page.data) ?? [], [rows.data]);
  const [selected, setSelected] = useState<RequestLog | undefined>();
  const opened = open === undefined ? undefined : selected !== undefined && nameOf(selected) === open ? selected : requests.find((request) => nameOf(request) === open);
  const filter = useCallback((added: Filter) => change((before) => withFilter(before, added)), [change]);
  const show = (request: RequestLog | undefined) => {
    setSelected(request);
    change((before) => ({ ...before, open: request && nameOf(request) }));
  };
  const zoom = (from: number, to: number) => change((before) => ({ ...before, range: undefined, live: undefined, from: new Date(from).toISOString(), to: new Date(to).toISOString() }));
  return (
    <Page
      title="Requests" fills
      aside={<>
        <Switch size="sm" label="Live" checked={tail} disabled={!isRelative} onChange={(event) => change((before) => ({ ...before, live: event.currentTarget.checked || undefined }))} title={isRelative ? 'New requests appear as they are stored' : 'Choose a range up to now to follow it live'} />
        <ViewsMenu search={search} onChoose={(view) => change(() => view)} />
        <Export asked={asked} />
        <RangePicker search={search} onChange={(words) => change((before) => ({ ...before, range: undefined, from: undefined, to: undefined, live: undefined, ...words }))} />
      </>}
    >
      <FilterBar search={search} onChange={change} />
      <OutcomeChart counts={counts.data} error={counts.error} onZoom={zoom} />
      {rows.error !== null && requests.length === 0
        ? <ErrorNote title="The requests cannot be shown" error={rows.error} onRetry={() => void rows.refetch()} />
        : (
          <RequestList
            requests={requests} total={counts.data === undefined ? undefined : sum(counts.data.totals)} isPending={rows.isPending} hasMore={rows.hasNextPage} isLoadingMore={rows.isFetchingNextPage}
            onMore={() => void rows.fetchNextPage()} onOpen={show} onFilter={filter} opened={open}
            whenEmpty={<Nothing filtered={asked.include !== undefined || asked.exclude !== undefined} onClear={() => change(withoutFilters)} />}
          />
        )}
      <RequestDrawer request={opened} onClose={() => show(undefined)} onFilter={filter} />
    </Page>
  );
}

const sum = (totals: Record<string, number>): number => Object.values(totals).reduce((all, one) => all + one, 0);

/** Asks again and again for the newest; what was read further down is let go, or it would be asked for again as well. */
function useLiveTail(on: boolean, asked: Query): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!on) return undefined;
    const { queryKey } = requestsQuery(asked);
    const timer = setInterval(() => {
      client.setQueryData<{ pages: unknown[]; pageParams: unknown[] }>(queryKey, (data) => (data === undefined ? data : { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) }));
      void client.invalidateQueries({ queryKey });
    }, LIVE_EVERY_MS);
    return () => clearInterval(timer);
  }, [on, asked, client]);
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear(): void }) {
  if (filtered) return <div className={classes['nothing']}><strong>No request fits</strong><span className="muted">Widen the range, or take filters away.</span><Button variant="default" onClick={onClear}>Clear the filters</Button></div>;
  return (
    <div className={classes['nothing']}>
      <strong>No requests in this range</strong>
      <span className="muted">Send logs to <code className="mono">POST /v1/request-logs</code>, from Kafka, or with <code className="mono">npx keytrail import access.log</code>. <a href="/docs">The API’s description</a> shows how.</span>
    </div>
  );
}
