import { filterColumns, type FilterField } from '@keytrail/contracts';
import type { QueryParams } from '@keytrail/clickhouse';

/** Values of one field; any of them counts. */
export interface ValueFilter {
  field: FilterField;
  values: readonly string[];
}

/** Reads `field:value` words; those of one field belong together. A value may hold colons. */
export function valueFilters(words: readonly string[]): ValueFilter[] {
  const byField = new Map<FilterField, string[]>();
  for (const word of words) {
    const colon = word.indexOf(':');
    const field = word.slice(0, colon) as FilterField;
    byField.set(field, [...byField.get(field) ?? [], word.slice(colon + 1)]);
  }
  return [...byField].map(([field, values]) => ({ field, values }));
}

/** Values that filters name for a field. */
export const namedIn = (filters: readonly ValueFilter[] | undefined, field: FilterField): readonly string[] =>
  filters?.find((filter) => filter.field === field)?.values ?? [];

/** A condition for each filter, with bound values. Column names are ours, values never become SQL. */
export function valueConditions(filters: readonly ValueFilter[], not: boolean): { conditions: string[]; params: QueryParams } {
  const params: Record<string, readonly string[]> = {};
  const conditions = filters.map(({ field, values }) => {
    const name = `${not ? 'not' : 'any'}_${field}`;
    params[name] = values;
    const column = field === 'status' ? 'toString(status)' : filterColumns[field];
    return `${column} ${not ? 'NOT IN' : 'IN'} {${name}:Array(String)}`;
  });
  return { conditions, params };
}
