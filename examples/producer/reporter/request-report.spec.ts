import { expect, it } from '@jest/globals';
import { lineOf } from './request-report.js';

const report = { time: 1, request_id: 'r1', method: 'GET', path: '/', status: 200 };
const read = (fields: object) => JSON.parse(lineOf({ ...report, ...fields })) as Record<string, unknown>;

it('a line holds what is known and nothing else', () => {
  expect(read({ principal: undefined, user_agent: '', key: '', latency_ms: 1.5 })).toEqual({ ...report, latency_ms: 1.5 });
});

it('what a caller writes too long of is cut, so that its request is taken all the same; half a key is no key', () => {
  const line = read({ path: 'p'.repeat(20_000), user_agent: 'u'.repeat(5_000), origin: 'o'.repeat(600), key: 'k'.repeat(5_000) });
  expect([String(line['path']).length, String(line['user_agent']).length, String(line['origin']).length, line['key']]).toEqual([16_384, 4_096, 512, undefined]);
});

it('is one line, whatever a caller writes', () => {
  expect(lineOf({ ...report, path: '/a\nb\u2028c' })).not.toContain('\n');
});
