import { describe, expect, it } from '@jest/globals';
import { GatheredRows } from './gathered-rows.js';
import { stampedBlock } from './request-log-block.js';
import type { RequestLogRow } from './row.js';
import { fixtureValues, rowsOf } from './spec-support/fixtures.js';

const [sample] = fixtureValues('native.ndjson', 'native').flatMap((value) => rowsOf('native', value));
const row = (index: number): RequestLogRow => ({ ...sample!, request_id: `r-${index}`, path: `/orders/${index}`, attributes: index % 700 === 699 ? { number: String(index) } : {} });

function gathered(count: number, mostKept: number): GatheredRows {
  const rows = new GatheredRows({ mostKept });
  for (let index = 0; index < count; index += 1) rows.add(row(index));
  return rows;
}

const blockOf = (rows: GatheredRows) => stampedBlock(rows.asBlock(), 'batch', 1_700_000_000_000);

describe('gathered rows', () => {
  it('should make the same block, written as they come or all at the end', () => {
    for (const count of [1, 499, 500, 501, 1_500, 2_345]) {
      const [asTheyCome, atTheEnd] = [blockOf(gathered(count, 0)), blockOf(gathered(count, Infinity))];
      expect(asTheyCome).toEqual(atTheEnd);
      expect(asTheyCome.rows).toBe(count);
    }
  });

  it('should be kept as rows up to the number that was asked for, and not beyond it', () => {
    const rows = gathered(1_000, 1_000);
    expect(rows.asRows().map(({ request_id }) => request_id)).toEqual(Array.from({ length: 1_000 }, (_, index) => `r-${index}`));
    rows.add(row(1_000));
    expect(rows.length).toBe(1_001);
    expect(() => rows.asRows()).toThrow(/too many/);
  });

  it('should hold nothing of the blocks before', () => {
    const odd = (index: number): RequestLogRow => ({ ...row(index), principal: `p-${index}`, latency_ms: null, attributes: { odd: 'x' }, signs: ['runtime:x'] });
    const alone = blockOf(gathered(100, 0));
    for (const count of [600, 30_000]) {
      const others = new GatheredRows({ mostKept: 0 });
      for (let index = 0; index < count; index += 1) others.add(odd(index));
      blockOf(others);
      expect(blockOf(gathered(100, 0))).toEqual(alone);
    }
  });

  it('should be given away once: their block is used again for others', () => {
    for (const mostKept of [0, Infinity]) {
      const rows = gathered(600, mostKept);
      rows.asBlock();
      expect(() => rows.asBlock()).toThrow(/given away/);
      expect(() => rows.asRows()).toThrow();
    }
  });

  it('should leave out the column of attributes when no row has any', () => {
    expect([gathered(699, 0), gathered(700, 0)].map((rows) => blockOf(rows).columns.includes('attributes'))).toEqual([false, true]);
  });
});
