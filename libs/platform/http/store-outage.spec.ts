import { describe, expect, it } from '@jest/globals';
import { isStoreOutage } from './store-outage.js';

const coded = (code: string) => Object.assign(new Error('failed'), { code });

describe('isStoreOutage', () => {
  it.each([
    ['a refused connection', coded('ECONNREFUSED')],
    ['a refused connection to each address', Object.assign(new AggregateError([coded('ECONNREFUSED')]), {})],
    ['one that broke', new Error('Connection terminated unexpectedly')],
    ['a server that is shutting down', coded('57P01')],
    ['what was caused by one', new Error('insert failed', { cause: coded('ECONNRESET') })],
  ])('knows %s', (_, error) => {
    expect(isStoreOutage(error)).toBe(true);
  });

  it.each([['a failed query', coded('42P01')], ['a bug', new TypeError('x is undefined')], ['nothing', undefined]])('leaves %s alone', (_, error) => {
    expect(isStoreOutage(error)).toBe(false);
  });

  it('ends on an error that causes itself', () => {
    const error = new Error('a');
    error.cause = error;
    expect(isStoreOutage(error)).toBe(false);
  });
});
