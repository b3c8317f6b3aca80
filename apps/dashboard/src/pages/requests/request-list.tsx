import type { RequestLog } from '@keytrail/contracts';
import { Loader } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { clockTime, exactTime, type Zone } from '../../time/format-time.js';
import { useTimes } from '../../time/time-context.js';
import { SkeletonRows } from '../../ui/blocks.js';
import { OutcomeWord } from '../../ui/tags.js';
import type { Filter } from './requests-query.js';
import type { FilterField } from './requests-search.js';
import { nameOf } from './request-name.js';
import classes from './requests.module.css';

const ROW = 30;
const MORE_BEFORE_END = 60;

interface RequestListProps {
  requests: readonly RequestLog[];
  /** Of all that fit, also those that are not read yet. */
  total: number | undefined;
  isPending: boolean;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore(): void;
  onOpen(request: RequestLog): void;
  onFilter(filter: Filter): void;
  /** Name of the row in the drawer. */
  opened: string | undefined;
  whenEmpty: ReactNode;
}

/** Requests, the newest first. Only the rows in sight are in the document; further ones are read as one scrolls. */
export function RequestList({ requests, total, isPending, hasMore, isLoadingMore, onMore, onOpen, onFilter, opened, whenEmpty }: RequestListProps) {
  const { zone } = useTimes();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: requests.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 16 });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= requests.length - MORE_BEFORE_END) onMore();
  }, [last, requests.length, hasMore, isLoadingMore]); // eslint-disable-line react-hooks/exhaustive-deps -- onMore is new with each drawing.
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const at = requests.findIndex((request) => nameOf(request) === opened);
    const next = requests[at + (event.key === 'ArrowDown' ? 1 : -1)];
    if (at === -1 || next === undefined) return;
    event.preventDefault();
    onOpen(next);
    rows.scrollToIndex(requests.indexOf(next), { align: 'auto' });
  };
  if (isPending) return <div className={classes['list']}><SkeletonRows rows={14} height={36} /></div>;
  if (requests.length === 0) return <div className={classes['list']}>{whenEmpty}</div>;
  return (
    <div className={classes['list']}>
      <div className={classes['grid']} ref={scroller} tabIndex={0} role="grid" aria-label="Requests" aria-rowcount={total ?? requests.length} onKeyDown={move}>
        <div className={`${classes['line']} ${classes['head']}`} role="row">
          {['Time', 'Outcome', 'Status', 'Request', 'Key', 'Address', 'Latency', 'User agent'].map((name) => <span key={name} role="columnheader">{name}</span>)}
        </div>
        <div className={classes['body']} style={{ height: rows.getTotalSize() }} role="rowgroup">
          {items.map(({ index, start }) => {
            const request = requests[index]!;
            return <Line key={nameOf(request)} request={request} top={start} zone={zone} isOpen={nameOf(request) === opened} onOpen={onOpen} onFilter={onFilter} />;
          })}
        </div>
      </div>
      <div className={classes['foot']}>
        <span className="num">{requests.length.toLocaleString('en')}{total !== undefined && total > requests.length ? ` of ${total.toLocaleString('en')}` : ''} {requests.length === 1 ? 'request' : 'requests'}</span>
        {isLoadingMore && <Loader size={12} aria-label="Loading more" />}
        <span className={classes['hint']}>Click a value to include it, with Alt to leave it out; click a row for all of it</span>
      </div>
    </div>
  );
}

interface LineProps {
  request: RequestLog;
  top: number;
  zone: Zone;
  isOpen: boolean;
  onOpen(request: RequestLog): void;
  onFilter(filter: Filter): void;
}

function Line({ request, top, zone, isOpen, onOpen, onFilter }: LineProps) {
  const { time, outcome, status, method, route, path, key_id, key_fingerprint, address, country, latency_ms, user_agent } = request;
  const at = Date.parse(time);
  const value = (field: FilterField, text: string, shown: ReactNode = text) => (text === '' ? <span className="muted">—</span> : (
    <button type="button" tabIndex={-1} className={classes['value']} title={text} onClick={(event: MouseEvent) => { event.stopPropagation(); onFilter({ field, value: text, not: event.altKey }); }}>{shown}</button>
  ));
  return (
    <div className={classes['line']} role="row" aria-selected={isOpen} style={{ transform: `translateY(${top}px)` }} onClick={() => onOpen(request)}>
      <span role="gridcell" className="num"><button type="button" className={classes['open']} title={exactTime(at, zone, 3)} onClick={(event) => { event.stopPropagation(); onOpen(request); }}>{exactTime(at, zone).slice(5, 10)} {clockTime(at, zone, 3)}</button></span>
      <span role="gridcell">{value('outcome', outcome, <OutcomeWord outcome={outcome} />)}</span>
      <span role="gridcell" className="num">{value('status', String(status))}</span>
      <span role="gridcell" className={`mono ${classes['request']}`}>{value('method', method)} {route === '' ? <span title={path}>{path}</span> : value('route', route)}</span>
      <span role="gridcell" className="mono">{key_id === '' ? value('key_fingerprint', key_fingerprint) : value('key_id', key_id)}</span>
      <span role="gridcell" className="mono">{value('address', address)}{country !== '' && <> {value('country', country)}</>}</span>
      <span role="gridcell" className="num">{latency_ms === null ? <span className="muted">—</span> : `${Math.round(latency_ms)} ms`}</span>
      <span role="gridcell">{value('user_agent', user_agent)}</span>
    </div>
  );
}
