import { Button, Popover, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCalendarTime } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { exactTime, type Zone } from '../../time/format-time.js';
import { parseRange, type RangeWords } from '../../time/parse-range.js';
import { useTimes } from '../../time/time-context.js';
import { DEFAULT_RANGE } from './requests-query.js';
import type { RequestsSearch } from './requests-search.js';
import classes from './requests.module.css';

const quick = ['15m', '1h', '6h', '24h', '7d', '30d'];
const UNITS = { m: 'minute', h: 'hour', d: 'day' } as const;

function inWords(range: string): string {
  const count = Number(range.slice(0, -1));
  const unit = UNITS[range.slice(-1) as keyof typeof UNITS];
  return count === 1 ? `Last ${unit}` : `Last ${count} ${unit}s`;
}

function label({ range, from, to }: RequestsSearch, zone: Zone): string {
  if (from === undefined && to === undefined) return inWords(range ?? DEFAULT_RANGE);
  const shown = (at: string | undefined) => (at === undefined ? '…' : exactTime(Date.parse(at), zone).slice(0, 19));
  const [start, end] = [shown(from), shown(to)];
  return `${start} – ${start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}`;
}

/** Quick ranges, and any other in words. */
export function RangePicker({ search, onChange }: { search: RequestsSearch; onChange(words: RangeWords): void }) {
  const { zone } = useTimes();
  const [open, popover] = useDisclosure(false);
  const [words, setWords] = useState('');
  const offset = zone === 'utc' ? 0 : -new Date().getTimezoneOffset();
  const [now] = useState(() => Date.now());
  const parsed = parseRange(words, now, offset);
  const choose = (chosen: RangeWords) => {
    onChange(chosen);
    setWords('');
    popover.close();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const typed = parseRange(words, Date.now(), offset);
    if (typed !== undefined) choose(typed);
  };
  return (
    <Popover opened={open} onChange={popover.toggle} position="bottom-end" shadow="md" width={300} trapFocus>
      <Popover.Target><Button variant="default" leftSection={<IconCalendarTime size={15} />} onClick={popover.toggle} title="Time range"><span className="num">{label(search, zone)}</span></Button></Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={submit}>
          <TextInput
            label="In words" placeholder="last 90 minutes" value={words} onChange={(event) => setWords(event.currentTarget.value)} data-autofocus
            description="Or: yesterday, 2026-11-21 10:00 to 11:30" error={words !== '' && parsed === undefined ? 'Try “last 90 minutes”.' : undefined}
          />
        </form>
        <div className={classes['quick']}>{quick.map((range) => <Button key={range} variant={(search.range ?? DEFAULT_RANGE) === range && search.from === undefined ? 'filled' : 'default'} size="compact-sm" onClick={() => choose({ range })}>{inWords(range)}</Button>)}</div>
      </Popover.Dropdown>
    </Popover>
  );
}
