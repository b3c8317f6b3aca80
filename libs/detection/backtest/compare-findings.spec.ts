import { describe, expect, it } from '@jest/globals';
import { changesBetween, type ComparedFinding } from './compare-findings.js';

const HOUR = 60 * 60_000;
const finding = (overrides: Partial<Omit<ComparedFinding, 'first_seen' | 'last_seen'>> & { at?: number; until?: number } = {}): ComparedFinding => {
  const { at = 0, until = at, ...rest } = overrides;
  return {
    rule_id: 'burst', workspace_id: 'shop', key_id: 'k', episode: 'k', severity: 'high', summary: 'much', ...rest, first_seen: new Date(at), last_seen: new Date(until),
  };
};
async function* stream(findings: ComparedFinding[]) { yield* findings; }
async function compare(before: ComparedFinding[], after: ComparedFinding[]) {
  let same = 0;
  const changes = [];
  for await (const change of changesBetween(stream(before), stream(after), () => { same += 1; })) changes.push(change);
  return { same, changes };
}

describe('changesBetween', () => {
  it('says nothing of what is found both times', async () => {
    const both = [finding(), finding({ at: 3 * HOUR }), finding({ key_id: 'l', episode: 'l' })];
    expect(await compare(both, both.map((one) => ({ ...one })))).toEqual({ same: 3, changes: [] });
    expect(await compare([], [])).toEqual({ same: 0, changes: [] });
  });

  it('tells what comes, what goes and what tells another story', async () => {
    const [gone, grown, come] = [finding({ key_id: 'a' }), finding({ key_id: 'b' }), finding({ key_id: 'c' })];
    const larger = finding({ key_id: 'b', until: HOUR, summary: 'more' });
    expect(await compare([gone, grown], [larger, come])).toEqual({
      same: 0, changes: [{ before: gone }, { before: grown, after: larger }, { after: come }],
    });
  });

  it('takes findings that lie further apart than an episode for two', async () => {
    const [early, late] = [finding(), finding({ at: 61 * 60_000 })];
    expect(await compare([early], [late])).toEqual({ same: 0, changes: [{ before: early }, { after: late }] });
    expect((await compare([early], [finding({ at: HOUR })])).changes).toHaveLength(1);
  });

  it('keeps rules, keys and workspaces apart, whatever stands in their names', async () => {
    const pairs: [Partial<ComparedFinding>, Partial<ComparedFinding>][] = [
      [{ rule_id: 'a' }, { rule_id: 'b' }], [{ key_id: '\u{10000}' }, { key_id: '\uffff' }], [{ workspace_id: 'a', key_id: 'b' }, { workspace_id: 'ab', key_id: '' }],
    ];
    for (const [one, other] of pairs) expect((await compare([finding(one)], [finding(other)])).changes).toHaveLength(2);
  });
});
