import type { IssuedKind } from '@keytrail/contracts';
import { NativeSelect, TextInput } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { createColumnHelper, flexRender, getCoreRowModel, getSortedRowModel, useReactTable, type SortingState } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { IconArrowDown, IconArrowUp, IconKey, IconSearch } from '@tabler/icons-react';
import { useMemo, useRef } from 'react';
import { keysQuery, type ListedKey } from '../../api/queries.js';
import { isIssuedKind, kinds } from '../../containment/kinds.js';
import { Page } from '../../shell/page.js';
import { useSession } from '../../session/use-session.js';
import { Ago, useNow } from '../../time/time-context.js';
import { Empty, SkeletonRows } from '../../ui/blocks.js';
import { ErrorNote } from '../../ui/error-note.js';
import { KeyStateTag, Tag } from '../../ui/tags.js';
import { requestsLink } from '../requests/requests-search.js';
import { ageAgainstPolicy, fits } from './key-rows.js';
import type { KeysSearch } from './keys-search.js';
import classes from './keys.module.css';

const ROW = 44;
const column = createColumnHelper<ListedKey>();
const columns = [
  column.accessor('name', { header: 'Name', cell: ({ row: { original: key } }) => (
    <span className={classes['name']}><Link to="/requests" search={requestsLink({ key_id: key.key_id, range: '7d' })} title={`Requests of ${key.key_id}`}>{key.name}</Link>{key.canary && <Tag tone="accent">canary</Tag>}<span className={`${classes['hint']} mono`}>{key.hint === '' ? '' : `…${key.hint}`}</span></span>
  ) }),
  column.accessor((key) => (isIssuedKind(key.kind) ? kinds[key.kind].noun : key.kind), { id: 'kind', header: 'Kind' }),
  column.accessor((key) => key.owner.name, { id: 'owner', header: 'Owner' }),
  column.accessor((key) => key.workspace_id ?? 'whole account', { id: 'workspace', header: 'Workspace' }),
  column.accessor('environment', { header: 'Environment' }),
  column.accessor('state', { header: 'State', cell: ({ getValue }) => <KeyStateTag state={getValue()} /> }),
  column.accessor((key) => key.last_used_at ?? '', { id: 'used', header: 'Last used', sortDescFirst: true, cell: ({ row: { original: { last_used_at } } }) => (last_used_at === undefined ? <span className="muted">not known</span> : last_used_at === null ? <span className="muted">never</span> : <Ago at={last_used_at} />) }),
  column.accessor('rotation_due_at', { header: 'Rotation', cell: ({ row: { original } }) => <Age listed={original} /> }),
];

/** Every key the caller may see, of every kind. */
export function KeysPage() {
  const search = useSearch({ from: '/keys' });
  const { kind, state, workspace, q = '', sort = 'used-' } = search;
  const navigate = useNavigate({ from: '/keys' });
  const change = (patch: Partial<KeysSearch>) => void navigate({ search: (before) => ({ ...before, ...patch }), replace: 'q' in patch });
  const { permissions } = useSession();
  const readable = (Object.keys(kinds) as IssuedKind[]).filter((one) => permissions.includes(`${kinds[one].path}:read`) && (kind === undefined || kind === one));
  const lists = useQueries({ queries: readable.map((one) => keysQuery(one, { state })) });
  const failed = lists.find(({ error }) => error !== null);
  const isPending = lists.some((list) => list.isPending);
  const loaded = lists.map(({ data }) => data);
  const all = useMemo(() => loaded.flatMap((data) => data ?? []), loaded); // eslint-disable-line react-hooks/exhaustive-deps -- As many as there are kinds.
  const shown = useMemo(() => all.filter((key) => fits(key, q) && (workspace === undefined || key.workspace_id === workspace)), [all, q, workspace]);
  const workspaces = [...new Set(all.flatMap(({ workspace_id }) => workspace_id ?? []))].sort();
  return (
    <Page
      title="Keys" fills
      aside={<>
        <TextInput size="xs" aria-label="Find a key" placeholder="Name, id, owner or hint" leftSection={<IconSearch size={14} />} value={q} onChange={(event) => change({ q: event.currentTarget.value || undefined })} />
        <NativeSelect size="xs" aria-label="Kind" value={kind ?? ''} onChange={(event) => change({ kind: (event.currentTarget.value || undefined) as KeysSearch['kind'] })} data={[{ value: '', label: 'Every kind' }, ...Object.entries(kinds).map(([value, { noun }]) => ({ value, label: noun }))]} />
        {workspaces.length > 1 && <NativeSelect size="xs" aria-label="Workspace" value={workspace ?? ''} onChange={(event) => change({ workspace: event.currentTarget.value || undefined })} data={[{ value: '', label: 'All workspaces' }, ...workspaces]} />}
        <NativeSelect size="xs" aria-label="State" value={state ?? ''} onChange={(event) => change({ state: (event.currentTarget.value || undefined) as KeysSearch['state'] })} data={[{ value: '', label: 'Any state' }, 'active', 'revoked', 'expired']} />
      </>}
    >
      {failed !== undefined ? <ErrorNote title="The keys cannot be shown" error={failed.error} onRetry={() => void failed.refetch()} />
        : isPending ? <div className={classes['list']}><SkeletonRows rows={12} height={ROW} /></div>
          : shown.length === 0 ? <div className={classes['list']}><NoKeys filtered={all.length > 0 || kind !== undefined || state !== undefined} /></div>
            : <KeyTable keys={shown} sort={sort} onSort={(next) => change({ sort: next })} />}
    </Page>
  );
}

function KeyTable({ keys, sort, onSort }: { keys: ListedKey[]; sort: string; onSort(sort: string): void }) {
  const sorting: SortingState = [{ id: sort.replace(/-$/, ''), desc: sort.endsWith('-') }];
  const table = useReactTable({
    data: keys, columns, state: { sorting }, getCoreRowModel: getCoreRowModel(), getSortedRowModel: getSortedRowModel(), getRowId: ({ key_id }) => key_id, enableSortingRemoval: false,
    onSortingChange(update) {
      const [next] = typeof update === 'function' ? update(sorting) : update;
      if (next !== undefined) onSort(`${next.id}${next.desc ? '-' : ''}`);
    },
  });
  const scroller = useRef<HTMLDivElement>(null);
  const { rows } = table.getRowModel();
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 12 });
  return (
    <div className={classes['list']}>
      <div className={classes['grid']} ref={scroller} role="table" aria-label="Keys" aria-rowcount={rows.length} tabIndex={0}>
        <div className={`${classes['line']} ${classes['head']}`} role="row">
          {table.getFlatHeaders().map((header) => {
            const sorted = header.column.getIsSorted();
            return (
              <span key={header.id} role="columnheader" aria-sort={sorted === false ? undefined : sorted === 'desc' ? 'descending' : 'ascending'}>
                <button type="button" onClick={header.column.getToggleSortingHandler()}>{flexRender(header.column.columnDef.header, header.getContext())}{sorted === 'asc' && <IconArrowUp size={13} aria-hidden />}{sorted === 'desc' && <IconArrowDown size={13} aria-hidden />}</button>
              </span>
            );
          })}
        </div>
        <div className={classes['body']} style={{ height: virtual.getTotalSize() }} role="rowgroup">
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index]!;
            return <div key={row.id} className={classes['line']} role="row" style={{ transform: `translateY(${start}px)` }}>{row.getVisibleCells().map((cell) => <span key={cell.id} role="cell">{flexRender(cell.column.columnDef.cell, cell.getContext())}</span>)}</div>;
          })}
        </div>
      </div>
      <div className={classes['foot']}><span className="num">{rows.length.toLocaleString('en')} {rows.length === 1 ? 'key' : 'keys'}</span></div>
    </div>
  );
}

/** How much of the time until its rotation is gone. */
function Age({ listed }: { listed: ListedKey }) {
  const now = useNow();
  if (listed.state !== 'active') return <span className="muted">—</span>;
  const { share, overdue } = ageAgainstPolicy(listed, now);
  return <span className={classes['age']} data-late={overdue ? 'overdue' : share > 0.85 ? 'soon' : undefined}><progress value={Math.min(share, 1)} max={1} aria-label="Share of its life until rotation" /><span>{overdue ? 'due ' : ''}<Ago at={listed.rotation_due_at} /></span></span>;
}

function NoKeys({ filtered }: { filtered: boolean }) {
  if (filtered) return <Empty title="No key fits">Take a filter away to see more.</Empty>;
  return <Empty title="No keys yet" icon={<IconKey size={30} />}>Keytrail issues keys itself with <code className="mono">POST /v1/api-keys</code>, and mirrors those of a platform that keeps its own. Keys that only request logs name are found under Requests.</Empty>;
}
