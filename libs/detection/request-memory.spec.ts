import { describe, expect, it } from '@jest/globals';
import { RequestMemory, type RequestMarks } from './request-memory.js';

const marks = (fields: Partial<RequestMarks> = {}): RequestMarks => ({ caller: 1, call: 2, size: 3, ...fields });

describe('RequestMemory', () => {
  it('knows an id that comes again for the same call from another caller, or with another body', () => {
    const memory = new RequestMemory(1_000, 60);
    expect([memory.isStrange(7, marks(), 100), memory.isStrange(7, marks({ caller: 9 }), 102), memory.isStrange(7, marks({ size: 9 }), 103)]).toEqual([false, true, true]);
  });

  it('takes a re-delivered line, and an id that stands for several calls, for nothing strange', () => {
    const memory = new RequestMemory(1_000, 60);
    memory.isStrange(7, marks(), 100);
    expect([memory.isStrange(7, marks(), 100), memory.isStrange(7, marks({ call: 8, size: 9, caller: 9 }), 101), memory.isStrange(7, marks({ size: 0 }), 101)]).toEqual([false, false, false]);
  });

  it('forgets an id after its time', () => {
    const memory = new RequestMemory(1_000, 60);
    memory.isStrange(7, marks(), 100);
    expect(memory.isStrange(7, marks({ caller: 9 }), 161)).toBe(false);
  });

  it('keeps the latest of many more ids than it has room for', () => {
    const memory = new RequestMemory(1_000, 1_000_000);
    for (let id = 1; id <= 100_000; id += 1) memory.isStrange(id * 7_919, marks(), id);
    expect(memory.isStrange(100_000 * 7_919, marks({ caller: 9 }), 100_001)).toBe(true);
    expect(memory.isStrange(7_919, marks({ caller: 9 }), 100_001)).toBe(false);
  });
});
