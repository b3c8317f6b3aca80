import { describe, expect, it } from '@jest/globals';
import { compare, expectedCells, type RollupName, type Stored } from './compare.js';
import type { Produced } from './oracle.js';

const request = (id: number, status: number) => ({
  request_id: `r${id}`, key_id: `k${id % 2}`, time: 60_000 * 5 + id, status, bytes_out: 10 * id, address: '192.0.2.1', user_agent: 'sdk/1',
});
const produced: Produced = { requests: [request(1, 200), request(2, 403), request(3, 500), request(4, 429)], bad: ['b1', 'b2'] };

/** The stores as they must be, with one thing changed. */
function stores(change: (stored: { requests: Stored['requests'][number][]; letters: Stored['letters'][number][]; topicLetters: Stored['letters'][number][]; cells: Record<RollupName, { cell: string; counts: string }[]> }) => void = () => undefined): Stored {
  const entries = Object.entries(expectedCells(produced)).map(([name, cells]) => [name, [...cells].map(([cell, counts]) => ({ cell, counts }))]);
  const stored = {
    requests: produced.requests.map(({ request_id }) => ({ name: request_id, rows: 1 })), letters: produced.bad.map((name) => ({ name, rows: 1 })),
    topicLetters: produced.bad.map((name) => ({ name, rows: 1 })),
    cells: Object.fromEntries(entries) as Record<RollupName, { cell: string; counts: string }[]>,
  };
  change(stored);
  return stored;
}
const none = { rows: 4, missing: 0, doubled: 0, rollup_mismatches: 0 };

describe('what is stored is compared with what was produced', () => {
  it('and agrees when all is there once', () => {
    expect(compare(produced, stores())).toEqual({ ...none, examples: [] });
  });

  it('with every count of a cell, as a reader of the log would count', () => {
    const cells = expectedCells(produced);
    expect([...cells.request_minutes]).toEqual([['k1 5', '2 1 0 0 40 1'], ['k0 5', '2 0 1 1 60 1']]);
    expect([...cells.key_callers]).toEqual([['k1 192.0.2.1 sdk/1', '2 0'], ['k0 192.0.2.1 sdk/1', '2 1']]);
    expect(cells.caller_activity.get('k0 192.0.2.1 sdk/1 forbidden 5')).toBe('1');
    expect(cells.intake_counts.get('all')).toBe('6 4 2');
  });

  it.each<[string, Parameters<typeof stores>[0], object]>([
    ['a request that is missing', ({ requests }) => { requests.pop(); }, { rows: 3, missing: 1 }],
    ['a request that is there twice', ({ requests }) => { requests[0]!.rows = 2; }, { rows: 5, doubled: 1 }],
    ['a request that nobody sent', ({ requests }) => { requests.push({ name: 'r9', rows: 1 }); }, { rows: 5, doubled: 1 }],
    ['one missing and another twice, though the sum agrees', ({ requests }) => { requests.pop(); requests[0]!.rows = 2; }, { missing: 1, doubled: 1 }],
    ['a dead letter that is missing', ({ letters }) => { letters.pop(); }, { missing: 1 }],
    ['a dead letter that is there twice', ({ letters }) => { letters[1]!.rows = 2; }, { doubled: 1 }],
    ['a dead letter that is not in the topic', ({ topicLetters }) => { topicLetters.pop(); }, { missing: 1 }],
    ['a letter in the topic under two keys', ({ topicLetters }) => { topicLetters[0]!.rows = 2; }, { doubled: 1 }],
    ['a cell that counts one too many', ({ cells }) => { cells.request_minutes[0]!.counts = '3 1 0 0 40 1'; }, { rollup_mismatches: 1 }],
    ['a cell with other bytes', ({ cells }) => { cells.request_minutes[0]!.counts = '2 1 0 0 41 1'; }, { rollup_mismatches: 1 }],
    ['a cell that is missing', ({ cells }) => { cells.key_callers.pop(); }, { rollup_mismatches: 1 }],
    ['a cell of nobody', ({ cells }) => { cells.caller_activity.push({ cell: 'x', counts: '1' }); }, { rollup_mismatches: 1 }],
    ['a cell that is there twice', ({ cells }) => { cells.key_callers.push(cells.key_callers[0]!); }, { rollup_mismatches: 1 }],
    ['no account of what came in', ({ cells }) => { cells.intake_counts.pop(); }, { rollup_mismatches: 1 }],
  ])('and %s is told', (_what, change, difference) => {
    const { examples, ...counts } = compare(produced, stores(change));
    expect(counts).toEqual({ ...none, ...difference });
    expect(examples.length).toBeGreaterThan(0);
  });
});
