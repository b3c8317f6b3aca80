import { CloseButton, TextInput, UnstyledButton } from '@mantine/core';
import { IconFilter } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { filtersOf, readFilter, withFilter, withoutFilter, withoutFilters } from './requests-query.js';
import { filterFields, type RequestsSearch } from './requests-search.js';
import classes from './requests.module.css';

/** The filters that hold, each to be turned round or taken away, and a place to type another. */
export function FilterBar({ search, onChange }: { search: RequestsSearch; onChange(next: (before: RequestsSearch) => RequestsSearch): void }) {
  const [words, setWords] = useState('');
  const [refused, setRefused] = useState(false);
  const filters = filtersOf(search);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const filter = readFilter(words);
    setRefused(filter === undefined && words.trim() !== '');
    if (filter === undefined) return;
    onChange((before) => withFilter(before, filter));
    setWords('');
  };
  return (
    <div className={classes['filters']}>
      <form onSubmit={submit} className={classes['filterForm']}>
        <TextInput
          size="xs" aria-label="Add a filter" leftSection={<IconFilter size={14} />} placeholder="status:403, -address:203.0.113.7, or a request id" value={words}
          onChange={(event) => { setWords(event.currentTarget.value); setRefused(false); }} spellCheck={false} error={refused ? `Name a field: ${Object.keys(filterFields).slice(1, 6).join(', ')} …` : undefined}
        />
      </form>
      <ul className={classes['chips']}>
        {filters.map((filter) => (
          <li key={`${filter.not} ${filter.field} ${filter.value}`} className={classes['chip']} data-not={filter.not}>
            <UnstyledButton title={filter.not ? 'Show only these' : 'Leave these out'} onClick={() => onChange((before) => withFilter(withoutFilter(before, filter), { ...filter, not: !filter.not }))}>
              <span>{filterFields[filter.field]} {filter.not ? 'is not' : 'is'}</span> <strong className="mono">{filter.value === '' ? '(empty)' : filter.value}</strong>
            </UnstyledButton>
            <CloseButton size="xs" aria-label={`Remove ${filterFields[filter.field]} ${filter.value}`} onClick={() => onChange((before) => withoutFilter(before, filter))} />
          </li>
        ))}
        {filters.length > 1 && <li><UnstyledButton className={classes['clear']} onClick={() => onChange(withoutFilters)}>Clear all</UnstyledButton></li>}
      </ul>
    </div>
  );
}
