import { ApiKey, Introspection, type RequestLogLine } from '@keytrail/contracts';
import type { ApiClient } from './api/api-client.js';
import { revocationText } from './announce.js';
import type { DemoClock } from './clock.js';
import { movesAt, newLife, observe, settle, type KeyLife } from './succession.js';
import type { DemoKey } from './traffic/line.js';

/** The attacked key and its successors, as the registry shows them from second to second. */
export class WatchedKey {
  private readonly lives: KeyLife[];
  private moved = 0;

  constructor(
    private readonly client: ApiClient,
    private readonly clock: DemoClock,
    private readonly key: DemoKey,
    private readonly secrets: ReadonlyMap<string, string>,
    private readonly log: (line: string) => void,
  ) {
    this.lives = [newLife(key.keyId)];
  }

  /** Asks the registry about the newest key of the line. Ask after a second is over and before its lines are sent. */
  async refresh(signal?: AbortSignal): Promise<void> {
    const before = this.lives[this.lives.length - 1] as KeyLife;
    const key = await this.client.request('GET', `/v1/api-keys/${encodeURIComponent(before.keyId)}`, ApiKey, { signal });
    const after = observe(before, key, this.clock.now());
    this.lives[this.lives.length - 1] = after;
    const news = (before.revokedAt === null && after.revokedAt !== null) || (before.successor === null && after.successor !== null);
    if (news) {
      for (const line of revocationText(this.key.profile.name, after)) this.log(line);
      await this.introspect(after.keyId, signal);
    }
    if (after.successor !== null) this.lives.push(newLife(after.successor.keyId));
    this.tellOfMove();
  }

  /** The line as it comes out, given what is known of the key. */
  settle(line: RequestLogLine): RequestLogLine {
    return this.lives.reduce((settled, life) => settle(settled, life, this.key.profile.addresses), line);
  }

  private async introspect(keyId: string, signal?: AbortSignal): Promise<void> {
    const token = this.secrets.get(keyId);
    if (token === undefined) return;
    const { active, reason } = await this.client.request('POST', '/v1/introspect', Introspection, { json: { token }, replayable: true, signal });
    this.log(`Introspection of the old key: active ${active}${reason ? `, reason ${reason}` : ''}.`);
  }

  private tellOfMove(): void {
    const life = this.lives[this.moved];
    if (!life || this.clock.now() < movesAt(life, this.key.profile.addresses.length - 1)) return;
    this.moved += 1;
    this.log(`All rightful callers of ${this.key.profile.name} use ${life.successor?.keyId ?? ''} now.`);
  }
}
