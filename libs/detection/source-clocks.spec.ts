import { describe, expect, it } from '@jest/globals';
import { SourceClocks } from './source-clocks.js';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 5, 12);
const AT = NOW / MINUTE;
const key = { workspace_id: 'acme', key_id: 'key_1' };
const many = () => 4;
const heard = (clocks: SourceClocks, node: string, ago: number, arrived = NOW) => clocks.hear([{ workspace_id: 'acme', nodes: node === '' ? [] : [node], last_time: arrived - ago * MINUTE }], arrived);

describe('SourceClocks', () => {
  it('holds a minute for over when a later one came through the same gateway', () => {
    const clocks = new SourceClocks();
    heard(clocks, 'a', 0);
    expect(clocks.overFor(key, ['a'], NOW, many)).toBe(AT - 1);
    expect(clocks.overFor(key, ['b'], NOW, many)).toBeUndefined();
    expect(clocks.overFor({ ...key, workspace_id: 'other' }, ['a'], NOW, many)).toBeUndefined();
    expect(clocks.overFor(key, [], NOW, many)).toBe(AT - 1);
  });

  it('follows logs that lag, and the slowest of the gateways that a key comes through', () => {
    const clocks = new SourceClocks();
    heard(clocks, 'quick', 0);
    heard(clocks, 'slow', 12);
    expect(clocks.overFor(key, ['slow'], NOW, many)).toBe(AT - 13);
    expect(clocks.overFor(key, ['quick', 'slow'], NOW, many)).toBe(AT - 13);
  });

  it('stands still while a gateway that many keys come through is silent', () => {
    const clocks = new SourceClocks();
    heard(clocks, 'a', 0);
    heard(clocks, 'b', 0, NOW + 60 * MINUTE);
    expect(clocks.overFor(key, ['a'], NOW + 60 * MINUTE, many)).toBe(AT - 1);
  });

  it('goes on by the clock of arrivals, less what its logs lag, where so few keys come through it that it is they who are silent', () => {
    const clocks = new SourceClocks();
    heard(clocks, 'a', 5);
    expect(clocks.overFor(key, ['a'], NOW + 1 * MINUTE, () => 1)).toBe(AT - 6);
    expect(clocks.overFor(key, ['a'], NOW + 30 * MINUTE, () => 1)).toBe(AT + 24);
  });

  it('takes no part in imports, and does not run ahead with a clock that does', () => {
    const clocks = new SourceClocks();
    heard(clocks, 'old', 60 * 24);
    expect(clocks.overFor(key, ['old'], NOW, many)).toBeUndefined();
    heard(clocks, 'ahead', -30);
    expect(clocks.overFor(key, ['ahead'], NOW, many)).toBe(AT - 1);
  });
});
