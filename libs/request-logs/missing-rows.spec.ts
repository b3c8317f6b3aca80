import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { missingRows } from './missing-rows.js';

const row = (offset: number, request_id: string) => ({ offset, request_id });

describe('rows that are missing', () => {
  it('are those whose message or request was not stored, twice when it was sent twice', () => {
    expect(missingRows([row(1, 'a'), row(1, 'b'), row(2, 'a'), row(3, 'c'), row(3, 'c')], [row(1, 'a'), row(3, 'c')])).toEqual([row(1, 'b'), row(2, 'a'), row(3, 'c')]);
    expect(missingRows([row(1, 'a')], [row(1, 'a'), row(9, 'z')])).toEqual([]);
  });

  it('together with the stored ones are all rows, whatever part was stored', () => {
    const rows = fc.array(fc.record({ offset: fc.nat(3), request_id: fc.constantFrom('a', 'b') }), { maxLength: 20 });
    fc.assert(fc.property(rows, fc.infiniteStream(fc.boolean()), (all, isStored) => {
      const stored = all.filter(() => isStored.next().value);
      const sorted = (items: typeof all) => items.map(({ offset, request_id }) => `${offset}${request_id}`).sort();
      expect(sorted([...missingRows(all, stored), ...stored])).toEqual(sorted(all));
    }));
  });
});
