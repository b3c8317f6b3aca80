import { Injectable } from '@nestjs/common';
import { CallerActivityStore, groupBy, nameOf, networkOf, type FindingRow } from '@keytrail/detection';

/** A network the key was called from this long before a finding began is one of its usual ones. */
const USUAL_AFTER_MS = 24 * 60 * 60_000;
const MOST_REMEMBERED = 1_000;

/** Which callers of a finding are new to its key. */
@Injectable()
export class UsualNetworks {
  private readonly known = new Map<string, ReadonlySet<string>>();

  constructor(private readonly activity: CallerActivityStore) {}

  /** Looks up what `newAmong` needs: outside of a transaction, for a transaction should not wait for another store. */
  async learn(findings: readonly FindingRow[]): Promise<void> {
    if (this.known.size > MOST_REMEMBERED) this.known.clear();
    const asked = findings.filter(({ finding_id, key_id }) => key_id !== '' && !this.known.has(finding_id));
    const ofKeys = [...groupBy(asked, nameOf).values()];
    const networks = await this.activity.knownNetworksOf(ofKeys.map(([first]) => first!));
    for (const [index, findingsOfKey] of ofKeys.entries()) {
      for (const { finding_id, first_seen } of findingsOfKey) {
        const usual = networks[index]!.filter((network) => network.first_seen < first_seen.getTime() - USUAL_AFTER_MS);
        this.known.set(finding_id, new Set(usual.map(({ network }) => network)));
      }
    }
  }

  /** All of them when the finding is about a caller. */
  newAmong({ finding_id, addresses }: FindingRow): string[] {
    return addresses.filter((address) => this.known.get(finding_id)?.has(networkOf(address)) !== true);
  }
}
