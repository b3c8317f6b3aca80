import { filterFieldNames, type FilterField, type RequestsSearch } from './requests-search.js';

export const DEFAULT_RANGE = '24h';

/** One value that is asked for, or left out. */
export interface Filter {
  field: FilterField;
  value: string;
  not: boolean;
}

/** The filters of an address, in the order of the fields. */
export function filtersOf(search: RequestsSearch): Filter[] {
  return filterFieldNames.flatMap((field) => [
    ...(search[field] ?? []).map((value) => ({ field, value, not: false })), ...(search[`not_${field}`] ?? []).map((value) => ({ field, value, not: true })),
  ]);
}

/** What the server is asked for. The range is left to whoever asks: a relative one moves on. */
export function apiFilters(search: RequestsSearch): { include?: string[]; exclude?: string[] } {
  const words = (not: boolean) => filtersOf(search).filter((filter) => filter.not === not).map(({ field, value }) => `${field}:${value}`);
  const [include, exclude] = [words(false), words(true)];
  return { ...(include.length > 0 && { include }), ...(exclude.length > 0 && { exclude }) };
}

/** The search with a filter more; what was asked for is no longer left out, and the other way round. Once it is there, it stays once. */
export function withFilter(search: RequestsSearch, { field, value, not }: Filter): RequestsSearch {
  const [to, from] = not ? [`not_${field}`, field] as const : [field, `not_${field}`] as const;
  const others = without(search[from], value);
  return { ...search, [to]: [...without(search[to], value) ?? [], value], [from]: others };
}

export function withoutFilter(search: RequestsSearch, { field, value, not }: Filter): RequestsSearch {
  const name = not ? `not_${field}` as const : field;
  return { ...search, [name]: without(search[name], value) };
}

export function withoutFilters(search: RequestsSearch): RequestsSearch {
  const { range, from, to, live } = search;
  return { range, from, to, live } as RequestsSearch;
}

function without(values: readonly string[] | undefined, value: string): string[] | undefined {
  const rest = values?.filter((one) => one !== value) ?? [];
  return rest.length === 0 ? undefined : rest;
}

/** Reads `field:value` and `-field:value`, as people type a filter; undefined when the field is not known. A bare word that looks like an id or an address finds its field. */
export function readFilter(words: string): Filter | undefined {
  const text = words.trim();
  const not = text.startsWith('-') || text.startsWith('!');
  const [, name = '', value = ''] = /^([a-z_ ]+)[:=]\s*(.+)$/i.exec(not ? text.slice(1) : text) ?? [];
  const field = filterFieldNames.find((one) => one === name.trim().toLowerCase().replaceAll(' ', '_'));
  if (field !== undefined) return { field, value: value.trim().replaceAll(/^"|"$/g, ''), not };
  const bare = not ? text.slice(1) : text;
  if (bare === '' || /\s/.test(bare) || name !== '') return undefined;
  if (/^key_/.test(bare)) return { field: 'key_id', value: bare, not };
  if (/^\d{1,3}(?:\.\d{1,3}){3}$|^[0-9a-f]*:[0-9a-f:]+$/i.test(bare)) return { field: 'address', value: bare, not };
  if (/^[1-5]\d\d$/.test(bare)) return { field: 'status', value: bare, not };
  if (bare.startsWith('/')) return { field: 'route', value: bare, not };
  return { field: 'request_id', value: bare, not };
}
