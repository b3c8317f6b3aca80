/** Under way at once: in all; of channels that fail, which may hang; of the channels of one workspace, or of the account; through one channel; through one that fails. */
export const MOST_AT_ONCE = { inAll: 200, failing: 50, ofWorkspace: 50, ofChannel: 10, ofFailingChannel: 1 };

/** A channel for which something is due, and how much is under way through it. */
export interface Claimant {
  channel_id: string;
  workspace_id: string | null;
  failing: boolean;
  underWay: number;
}

/**
 * How many more may be begun through each channel. They take turns, so that neither a channel with much to tell nor receivers that hang, however many of them
 * a workspace has, keep others waiting. `others`: under way through channels for which nothing more is due.
 */
export function shareRoom(claimants: readonly Claimant[], others: readonly Claimant[] = []): Map<string, number> {
  const all = [...claimants, ...others];
  const sum = (counted: readonly Claimant[]) => counted.reduce((total, { underWay }) => total + underWay, 0);
  let left = MOST_AT_ONCE.inAll - sum(all);
  let leftOfFailing = MOST_AT_ONCE.failing - sum(all.filter(({ failing }) => failing));
  const leftOf = new Map(claimants.map(({ workspace_id }) => [workspace_id, MOST_AT_ONCE.ofWorkspace - sum(all.filter((one) => one.workspace_id === workspace_id))]));
  const rooms = new Map<string, number>();
  for (let waiting = [...claimants]; waiting.length > 0 && left > 0;) {
    const again: Claimant[] = [];
    for (const one of waiting) {
      const { channel_id, workspace_id, failing, underWay } = one;
      const given = rooms.get(channel_id) ?? 0;
      const most = failing ? MOST_AT_ONCE.ofFailingChannel : MOST_AT_ONCE.ofChannel;
      if (left <= 0 || underWay + given >= most || leftOf.get(workspace_id)! <= 0 || (failing && leftOfFailing <= 0)) continue;
      rooms.set(channel_id, given + 1);
      leftOf.set(workspace_id, leftOf.get(workspace_id)! - 1);
      left -= 1;
      if (failing) leftOfFailing -= 1;
      again.push(one);
    }
    waiting = again;
  }
  return rooms;
}
