import { describe, expect, it } from '@jest/globals';
import { searchSql, timeRange } from './search.js';

const NOW = Date.UTC(2026, 2, 1, 12);

describe('timeRange', () => {
  it('counts last_n_minutes back from now and leaves the end open', () => {
    expect(timeRange({ last_n_minutes: 90 }, NOW)).toEqual({ from: NOW - 90 * 60_000 });
  });

  it('takes from and to as given', () => {
    expect(timeRange({ from: '2026-03-01T10:00:00+01:00', to: '2026-03-01T11:00:00Z' }, NOW))
      .toEqual({ from: Date.UTC(2026, 2, 1, 9), to: Date.UTC(2026, 2, 1, 11) });
  });

  it('refuses a range that ends before it starts', () => {
    expect(() => timeRange({ from: '2026-03-01T11:00:00Z', to: '2026-03-01T11:00:00Z' }, NOW))
      .toThrow(expect.objectContaining({ status: 400, code: 'empty_range' }));
  });
});

describe('searchSql', () => {
  it('never puts a value into the SQL', () => {
    const hostile = `x'; DROP TABLE request_logs; --`;
    const { conditions, params } = searchSql({ workspaces: [hostile], key_id: hostile, address: hostile, route: hostile }, [NOW, hostile, 1]);
    expect(conditions).not.toContain('DROP');
    expect(params).toMatchObject({ workspaces: [hostile], key_id: hostile, address: hostile, route: hostile, after_id: hostile });
  });

  it('matches nothing for a caller without workspaces', () => {
    const { conditions, params } = searchSql({ workspaces: [] }, null);
    expect(conditions).toBe('1 AND workspace_id IN {workspaces:Array(String)}');
    expect(params).toEqual({ workspaces: [] });
  });
});
