import { describe, expect, it } from '@jest/globals';
import { requestReplayed, type LoggedRequest, type ReusedId } from './request-replayed.js';
import { activity, keyInput, MINUTE, NOON } from './testing.js';

const request = (fields: Partial<LoggedRequest> = {}): LoggedRequest => (
  { at: NOON, address: '198.51.100.7', method: 'POST', path: '/orders', user_agent: 'orders/1.4', node: 'gw-1', bytes_in: 200, ...fields });
const again = (fields: Partial<LoggedRequest>, first: Partial<LoggedRequest> = {}, request_id = 'r-1'): ReusedId => (
  { request_id, first: request(first), again: request({ at: NOON + MINUTE, ...fields }) });
const decide = (...reused: ReusedId[]) => requestReplayed.decide({
  ...keyInput(reused.map(({ again: { address, user_agent, at } }) => activity({ at, address, user_agent }))), reused,
}, requestReplayed.settings);

describe('request-replayed', () => {
  it('sees a request that comes again from another network, and names both callers', () => {
    expect(decide(again({ address: '203.0.113.9' }))).toMatchObject([{
      severity: 'medium', addresses: ['203.0.113.9'], evidence: { request_ids: ['r-1'], counts: { replayed: 1 } },
      summary: '1 request id came again with another network: r-1 from 198.51.100.7, then from 203.0.113.9 (POST /orders)',
    }]);
  });

  it('sees another program, and a body of another size, which is the weaker sign', () => {
    expect(decide(again({ user_agent: 'curl/8.5' }))).toMatchObject([{ severity: 'medium', summary: expect.stringContaining('another program') }]);
    expect(decide(again({ bytes_in: 900 }))).toMatchObject([{ severity: 'low', summary: expect.stringContaining('a body of another size') }]);
  });

  it.each<[string, ReusedId[]]>([
    ['a retry', [again({})]],
    ['one trace id for several calls', [again({ path: '/payments', bytes_in: 900 })]],
    ['one id for several calls by several programs, as a console makes them', [again({ path: '/alarms', user_agent: 'console-sdk/1' })]],
    ['a new version of the same program', [again({ user_agent: 'orders/1.5' })]],
    ['two gateways that log one request', [again({ at: NOON + 50, address: '10.0.0.3', node: 'gw-2' })]],
    ['an address that is not known', [again({ address: '' })]],
    ['a key whose ids are not unique anyway', [again({ address: '203.0.113.9' }), ...['a', 'b', 'c'].map((id) => again({ path: `/${id}` }, {}, id))]],
  ])('lets pass %s', (_, reused) => {
    expect(decide(...reused)).toEqual([]);
  });
});
