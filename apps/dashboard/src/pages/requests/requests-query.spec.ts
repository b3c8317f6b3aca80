import { describe, expect, it } from '@jest/globals';
import { apiFilters, filtersOf, readFilter, withFilter, withoutFilter } from './requests-query.js';
import { RequestsSearch, requestsLink } from './requests-search.js';

const search = (fields: Record<string, unknown>): RequestsSearch => RequestsSearch.parse(fields);

describe('the address of the log explorer', () => {
  it('takes one value of a field or several, numbers too', () => {
    expect(filtersOf(search({ status: 401, address: ['a', 'b'], not_method: 'GET' }))).toEqual([
      { field: 'status', value: '401', not: false }, { field: 'address', value: 'a', not: false }, { field: 'address', value: 'b', not: false }, { field: 'method', value: 'GET', not: true },
    ]);
  });

  it('leaves out what it does not understand', () => {
    expect(search({ range: 'whenever', from: 'then', outcome: 'forbidden', nonsense: 1 })).toMatchObject({ range: undefined, from: undefined, outcome: ['forbidden'] });
    expect(search({ range: '90m' }).range).toBe('90m');
  });

  it('becomes what the server is asked', () => {
    expect(apiFilters(search({ outcome: 'forbidden', not_address: ['a', 'b'] }))).toEqual({ include: ['outcome:forbidden'], exclude: ['address:a', 'address:b'] });
    expect(apiFilters(search({}))).toEqual({});
  });

  it('is what other pages link to', () => {
    expect(requestsLink({ key_id: 'key_1', request_id: ['a', 'b'] })).toMatchObject({ key_id: ['key_1'], request_id: ['a', 'b'] });
  });
});

describe('a filter', () => {
  it('is taken in once, and what was left out is no longer', () => {
    const once = withFilter(search({ not_status: '401' }), { field: 'status', value: '401', not: false });
    expect([once.status, once.not_status]).toEqual([['401'], undefined]);
    expect(withFilter(once, { field: 'status', value: '401', not: false }).status).toEqual(['401']);
    expect(withFilter(once, { field: 'status', value: '401', not: true })).toMatchObject({ status: undefined, not_status: ['401'] });
  });

  it('is taken away alone', () => {
    expect(withoutFilter(search({ status: ['401', '403'] }), { field: 'status', value: '401', not: false }).status).toEqual(['403']);
  });

  it.each([
    ['status:401', { field: 'status', value: '401', not: false }], ['-address: 203.0.113.1', { field: 'address', value: '203.0.113.1', not: true }],
    ['user agent="curl/8"', { field: 'user_agent', value: 'curl/8', not: false }], ['key_01a2', { field: 'key_id', value: 'key_01a2', not: false }],
    ['203.0.113.1', { field: 'address', value: '203.0.113.1', not: false }], ['403', { field: 'status', value: '403', not: false }],
    ['/v1/payments', { field: 'route', value: '/v1/payments', not: false }], ['6b0215bc-0000', { field: 'request_id', value: '6b0215bc-0000', not: false }],
  ])('is read from %j', (words, filter) => {
    expect(readFilter(words)).toEqual(filter);
  });

  it.each(['', '-', 'colour:red', 'two words'])('is not read from %j', (words) => {
    expect(readFilter(words)).toBeUndefined();
  });
});
