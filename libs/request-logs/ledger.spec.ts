import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judgeLog, planStep, type PartitionLedger, type Step } from './ledger.js';

const offsets = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => ({ offset: first + index }));
const ledger = (overrides: Partial<PartitionLedger> = {}): PartitionLedger => ({ next: 10, pending: null, epoch: 1, ...overrides });

describe('planStep', () => {
  it('stores what follows', () => {
    expect(planStep(ledger(), offsets(10, 12), [], false))
      .toEqual({ kind: 'store', range: { first: 10, last: 12 }, messages: offsets(10, 12), replay: false, lost: 0 });
  });

  it('starts where the source starts when nothing was ever stored', () => {
    expect(planStep(ledger({ next: null }), offsets(40, 41), [], false)).toMatchObject({ kind: 'store', range: { first: 40, last: 41 }, lost: 0 });
  });

  it('leaves out what is stored already, and goes ahead when that is far behind', () => {
    expect(planStep(ledger(), offsets(5, 9), [], false)).toEqual({ kind: 'skip' });
    expect(planStep(ledger(), offsets(1, 3), [], false)).toEqual({ kind: 'seek', to: 10 });
    expect(planStep(ledger(), offsets(8, 11), [], false)).toMatchObject({ kind: 'store', messages: offsets(10, 11) });
  });

  it('does not take a log that ends before what is stored for one that holds nothing new', () => {
    expect(planStep(ledger(), offsets(0, 3), [], true)).toEqual({ kind: 'behind', expected: 10 });
    expect(planStep(ledger({ next: 30, pending: { first: 30, last: 40 } }), offsets(0, 3), [], true)).toEqual({ kind: 'behind', expected: 30 });
    // Up to where it was sent all is stored: that fits.
    expect(planStep(ledger(), offsets(0, 9), [], true)).toEqual({ kind: 'skip' });
  });

  it('goes back for what is missing, and takes a hole for a hole only once it has looked', () => {
    expect(planStep(ledger(), offsets(15, 16), [], false)).toEqual({ kind: 'seek', to: 10 });
    expect(planStep(ledger(), offsets(15, 16), [], true)).toMatchObject({ kind: 'store', range: { first: 10, last: 16 }, lost: 5 });
  });

  it('stores a pending range again as it was announced, not a message more', () => {
    const pending = { first: 10, last: 13 };
    expect(planStep(ledger({ pending }), offsets(10, 20), [], false))
      .toEqual({ kind: 'store', range: pending, messages: offsets(10, 13), replay: true, lost: 0 });
  });

  it('gathers a pending range that comes in pieces', () => {
    const pending = { first: 10, last: 13 };
    expect(planStep(ledger({ pending }), offsets(10, 11), [], false)).toEqual({ kind: 'gather', messages: offsets(10, 11) });
    expect(planStep(ledger({ pending }), offsets(12, 15), offsets(10, 11), false))
      .toMatchObject({ kind: 'store', range: pending, messages: offsets(10, 13), replay: true });
  });

  it('ends a pending range whose last messages are gone from the broker', () => {
    const pending = { first: 10, last: 13 };
    expect(planStep(ledger({ pending }), offsets(12, 12), [], true)).toEqual({ kind: 'gather', messages: offsets(12, 12) });
    expect(planStep(ledger({ pending }), offsets(20, 21), [], true)).toMatchObject({ kind: 'store', range: pending, messages: [], lost: 4 });
  });

  it('stores every offset once, in order, however reading, seeking and crashing fall', () => {
    const fate = fc.record({ size: fc.integer({ min: 1, max: 7 }), crash: fc.constantFrom('no', 'before', 'after'), jump: fc.integer({ min: 0, max: 4 }) });
    fc.assert(fc.property(fc.array(fate, { minLength: 5, maxLength: 60 }), (fates) => {
      const end = 100;
      const blocks = new Map<string, number[]>();
      const state = { ledger: ledger({ next: 0 }), position: 0, gathered: [] as { offset: number }[], sought: false };
      for (const { size, crash, jump } of fates) {
        if (state.position >= end) break;
        const arrived = offsets(state.position, Math.min(end, state.position + size) - 1);
        const step: Step<{ offset: number }> = planStep(state.ledger, arrived, state.gathered, state.sought);
        if (step.kind === 'seek') {
          Object.assign(state, { position: step.to, sought: true, gathered: [] });
          continue;
        }
        state.sought = false;
        state.position += arrived.length;
        if (step.kind === 'gather') state.gathered = step.messages;
        if (step.kind !== 'store') continue;
        state.ledger = { ...state.ledger, pending: step.range };
        // One token, one block: storing it again changes nothing.
        if (crash !== 'before') blocks.set(`${step.range.first}-${step.range.last}`, step.messages.map(({ offset }) => offset));
        if (crash === 'no') {
          state.ledger = { next: step.range.last + 1, pending: null, epoch: state.ledger.epoch };
          // A replayed range may end in the middle of what was read: read on from there.
          Object.assign(state, { gathered: [], position: step.range.last + 1 });
        } else {
          Object.assign(state, { gathered: [], position: Math.max(0, state.position - jump * 3) });
        }
      }
      const stored = [...blocks.values()].flat().sort((a, b) => a - b);
      expect(new Set(stored).size).toBe(stored.length);
      const next = state.ledger.next ?? 0;
      expect(stored.filter((offset) => offset < next)).toEqual(offsets(0, next - 1).map(({ offset }) => offset));
    }));
  });
});

describe('judgeLog', () => {
  it('tells a topic that was made anew, and does not guess where brokers say nothing', () => {
    expect(judgeLog('one', 'one')).toBe('same');
    expect(judgeLog('one', 'other')).toBe('new');
    expect(judgeLog(null, 'one')).toBe('first_seen');
    expect(judgeLog(null, null)).toBe('same');
    expect(judgeLog('one', null)).toBe('unknown');
  });
});
