import { describe, expect, it } from '@jest/globals';
import { namedIn, valueConditions, valueFilters } from './value-filters.js';

describe('filters by value', () => {
  it('of one field belong together, and values may hold colons', () => {
    expect(valueFilters(['status:401', 'route:a:b', 'status:403'])).toEqual([{ field: 'status', values: ['401', '403'] }, { field: 'route', values: ['a:b'] }]);
  });

  it('never put a value into the SQL', () => {
    const hostile = "x'; DROP TABLE request_logs; --";
    const { conditions, params } = valueConditions(valueFilters([`address:${hostile}`, `workspace:${hostile}`]), true);
    expect(conditions).toEqual(['address NOT IN {not_address:Array(String)}', 'workspace_id NOT IN {not_workspace:Array(String)}']);
    expect(params).toEqual({ not_address: [hostile], not_workspace: [hostile] });
  });

  it('say which keys they name', () => {
    expect(namedIn(valueFilters(['key_id:a', 'key_id:b', 'method:GET']), 'key_id')).toEqual(['a', 'b']);
    expect(namedIn(undefined, 'key_id')).toEqual([]);
  });
});
