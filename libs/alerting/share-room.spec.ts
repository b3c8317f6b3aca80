import { describe, expect, it } from '@jest/globals';
import { MOST_AT_ONCE, shareRoom, type Claimant } from './share-room.js';

const channels = (count: number, fields: Partial<Claimant> = {}): Claimant[] =>
  Array.from({ length: count }, (_, index) => ({ channel_id: `${fields.workspace_id ?? 'account'}-${fields.failing === true ? 'failing' : 'good'}-${index}`, workspace_id: null, failing: false, underWay: 0, ...fields }));
const totals = (rooms: Map<string, number>, prefix: string) => [...rooms].filter(([id]) => id.startsWith(prefix)).reduce((sum, [, room]) => sum + room, 0);

describe('room to send', () => {
  it('is limited for a channel, and for one that fails to a single attempt at a time', () => {
    expect([...shareRoom(channels(1)).values()]).toEqual([MOST_AT_ONCE.ofChannel]);
    expect([...shareRoom(channels(1, { failing: true })).values()]).toEqual([1]);
    expect(shareRoom(channels(1, { underWay: MOST_AT_ONCE.ofChannel })).size).toBe(0);
    expect(shareRoom(channels(1, { failing: true, underWay: 3 })).size).toBe(0);
  });

  it('is left for another workspace, however many channels one has, and however long they have been waiting', () => {
    const rooms = shareRoom([...channels(100, { workspace_id: 'greedy' }), ...channels(2, { workspace_id: 'small' })]);
    expect([totals(rooms, 'greedy'), totals(rooms, 'small')]).toEqual([MOST_AT_ONCE.ofWorkspace, 2 * MOST_AT_ONCE.ofChannel]);
    expect(totals(shareRoom(channels(1, { workspace_id: 'greedy' }), channels(100, { workspace_id: 'greedy', underWay: 1 })), 'greedy')).toBe(0);
  });

  it('is left for channels that work when those of many workspaces fail', () => {
    const failing = Array.from({ length: 300 }, (_, index) => channels(1, { workspace_id: `w${index}`, failing: true })).flat();
    const rooms = shareRoom([...failing, ...channels(1, { workspace_id: 'last' })]);
    expect([totals(rooms, 'w'), totals(rooms, 'last')]).toEqual([MOST_AT_ONCE.failing, MOST_AT_ONCE.ofChannel]);
  });

  it('is shared in turns, and never more than there is', () => {
    const rooms = shareRoom(Array.from({ length: 50 }, (_, index) => channels(1, { workspace_id: `w${index}` })).flat());
    expect(totals(rooms, 'w')).toBe(MOST_AT_ONCE.inAll);
    expect(new Set(rooms.values())).toEqual(new Set([4]));
  });
});
