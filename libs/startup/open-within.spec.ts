import { describe, expect, it } from '@jest/globals';
import { openWithin } from './open-within.js';

const refused = () => Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
const soon = { withinMs: 60_000, firstMs: 1, longestMs: 4 };

function recorder() {
  const lines: string[] = [];
  return { lines, log: (line: unknown) => void lines.push(`log: ${String(line)}`), warn: (line: unknown) => void lines.push(`warn: ${String(line)}`) };
}

describe('opening a store', () => {
  it('says nothing when it is there', async () => {
    const logger = recorder();
    expect(await openWithin('Postgres', async () => 'open', soon, logger)).toBe('open');
    expect(logger.lines).toEqual([]);
  });

  it('waits for one that is not up yet, longer from try to try, a line each', async () => {
    const logger = recorder();
    let tries = 0;
    const open = async () => {
      tries += 1;
      if (tries < 5) throw refused();
      return 'open';
    };
    expect(await openWithin('Postgres', open, soon, logger)).toBe('open');
    expect(logger.lines).toEqual([
      ...[1, 2, 4, 4].map((wait) => `warn: Postgres does not answer, trying again in ${wait} ms, for 60 s at most: connect ECONNREFUSED 127.0.0.1:5432`), 'log: Postgres answers',
    ]);
  });

  it('ends with its error when it does not come in time', async () => {
    let tries = 0;
    await expect(openWithin('Postgres', async () => {
      tries += 1;
      throw refused();
    }, { ...soon, withinMs: 20 }, recorder())).rejects.toThrow('ECONNREFUSED');
    expect(tries).toBeGreaterThan(1);
  });

  it('does not wait for what waiting does not mend', async () => {
    let tries = 0;
    await expect(openWithin('Postgres', async () => {
      tries += 1;
      throw Object.assign(new Error('password authentication failed'), { code: '28P01' });
    }, soon, recorder())).rejects.toThrow('password');
    expect(tries).toBe(1);
  });
});
