import { describe, expect, it } from '@jest/globals';
import type { TimelineEntry } from '@keytrail/contracts';
import { foldTimeline } from './fold-timeline.js';

const entry = (kind: TimelineEntry['kind'], text: string, finding_id: string | null = null): TimelineEntry => ({ at: '2026-11-21T00:00:00Z', kind, actor: 'keytrail', text, finding_id });
const told = (entries: readonly TimelineEntry[]) => foldTimeline(entries).map(({ text, earlier }) => [text, earlier.length]);

describe('a timeline', () => {
  it('shows the latest of a finding that grows, and keeps what it outdates', () => {
    expect(told([entry('opened', 'opened'), entry('finding', '2 requests', 'a'), entry('finding', '8 requests', 'a'), entry('finding', '9 refused', 'b'), entry('finding', '40 requests', 'a')]))
      .toEqual([['opened', 0], ['40 requests', 2], ['9 refused', 0]]);
  });

  it('does not fold over what somebody did', () => {
    expect(told([entry('finding', '2', 'a'), entry('action', 'revoked'), entry('finding', '3', 'a')])).toEqual([['2', 0], ['revoked', 0], ['3', 0]]);
  });

  it('folds nothing else', () => {
    expect(told([entry('severity', 'x'), entry('severity', 'x')])).toEqual([['x', 0], ['x', 0]]);
  });
});
