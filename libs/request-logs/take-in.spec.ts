import { describe, expect, it } from '@jest/globals';
import { GatheredRows } from './gathered-rows.js';
import { parseMessage } from './parse-body.js';
import { context } from './spec-support/fixtures.js';
import { takeIn } from './take-in.js';

const line = (index: number) => JSON.stringify({ time: '2026-03-01T10:00:00Z', request_id: `r-${index}`, method: 'GET', path: '/', status: 200 });
const taken = (messages: readonly string[]) => {
  const lines = messages.flatMap((text, offset) => parseMessage(Buffer.from(text), 'native').map((parsed) => Object.assign(parsed, {
    receivedAt: context.receivedAt, topic: 't', partition: 0, offset, message: Buffer.from(text),
  })));
  return takeIn(lines, 'native', { ...context, senderWorkspace: '' }, new GatheredRows({ mostKept: Infinity }));
};

describe('a Kafka message with refused requests', () => {
  it('should be kept as one when they are many, its good ones stored', async () => {
    const mixed = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? line(index) : '{"broken'));
    const { received, rows, refused, refusedMessages } = await taken([mixed.join('\n'), '0', `[${'0,'.repeat(999)}0]`]);
    expect([received, rows.length, refused.length]).toEqual([1031, 15, 1]);
    expect(refusedMessages).toMatchObject([
      { requests: 15, items: mixed.flatMap((text, index) => (text === '{"broken' ? [index] : [])), from: { line: 0, offset: 0 },
        problem: { code: 'invalid_json', reason: '15 of 30 requests; the first in line 2: not valid JSON' } },
      { requests: 1000, items: null, from: { line: 0, offset: 2 }, problem: { code: 'not_an_object' } },
    ]);
    expect(refusedMessages[0]!.from.raw.toString()).toBe(mixed.join('\n'));
  });

  it('should have each kept by itself when they are few, or in one line', async () => {
    const few = [...Array.from({ length: 10 }, () => '0'), line(1)].join('\n');
    const { refused, refusedMessages } = await taken([few, few]);
    expect([refused.length, refusedMessages.length]).toEqual([20, 0]);
    expect(refused[12]).toMatchObject({ from: { line: 3, offset: 1 }, item: 0, of: 1, at: 13 });
    const listed = await taken([`{"a":1}\n[${'0,'.repeat(50)}${line(2)}]`]);
    expect([listed.refused.length, listed.refusedMessages.length, listed.refused.at(-1)?.item]).toEqual([51, 0, 49]);
  });
});
