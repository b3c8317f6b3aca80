import { describe, expect, it } from '@jest/globals';
import { IntakeBudget } from './intake-budget.js';

describe('IntakeBudget', () => {
  it('refuses what goes beyond it and says when to come again', () => {
    const budget = new IntakeBudget(100);
    const first = budget.open();
    first.take(60);
    const second = budget.open();
    second.take(40);
    expect(() => second.take(1)).toThrow(expect.objectContaining({ status: 429, code: 'intake_busy', retryAfter: 1 }));
    expect(() => first.take(1)).toThrow(expect.objectContaining({ code: 'intake_busy' }));
  });

  it('has room again for what was given back, once', () => {
    const budget = new IntakeBudget(100);
    const [first, second] = [budget.open(), budget.open()];
    first.take(60);
    second.take(30);
    first.release();
    first.release();
    first.take(1000);
    second.take(30);
    const third = budget.open();
    third.take(40);
    expect(() => third.take(1)).toThrow(expect.objectContaining({ code: 'intake_busy' }));
  });

  it('lets one that is alone have as much as it needs', () => {
    const budget = new IntakeBudget(100);
    const large = budget.open();
    large.take(99);
    large.take(500);
    expect(() => budget.open().take(1)).toThrow(expect.objectContaining({ code: 'intake_busy' }));
  });
});
