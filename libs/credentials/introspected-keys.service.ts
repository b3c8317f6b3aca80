import { Injectable } from '@nestjs/common';
import { Clock, NextBatch } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { findIntrospected, type IntrospectedKey } from './introspection.store.js';
import { feedBounds, fingerprintsAfter } from './key-event.store.js';

/** Some 2 KB each. */
const MOST_HELD = 50_000;
/** Beyond it, forgetting everything is cheaper. */
const MOST_CHANGES = 1_000;
/** Events are deleted after a month: whoever asked nobody for so long does not know what they missed. */
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * Keys that gateways ask for, held in memory. Before any of them is used, the database is asked what changed since; that question is
 * shared by all who came before it was asked. So a change is seen by the next call, in every process, and a busy process asks less often
 * for each call, not less surely.
 */
@Injectable()
export class IntrospectedKeys {
  private readonly held = new Map<string, IntrospectedKey>();
  /** Of the event up to which `held` is current. */
  private position: number | undefined;
  private asked = 0;
  private readonly changes: NextBatch<'all', true>;
  private readonly missing: NextBatch<string, IntrospectedKey>;

  constructor(private readonly database: Database, private readonly clock: Clock) {
    this.changes = new NextBatch(async () => {
      await this.forgetChanged();
      return new Map([['all', true]]);
    });
    this.missing = new NextBatch((fingerprints) => this.read(fingerprints));
  }

  /** The key as it was at some moment of this call. Rejects when the database does not answer. */
  async find(fingerprint: string): Promise<IntrospectedKey | undefined> {
    await this.changes.load('all');
    return this.held.get(fingerprint) ?? this.missing.load(fingerprint);
  }

  private async forgetChanged(): Promise<void> {
    const now = this.clock.now();
    const paused = Math.abs(now - this.asked) > LONGEST_PAUSE_MS;
    this.asked = now;
    const since = this.position;
    const changed = since === undefined || paused ? undefined : await fingerprintsAfter(this.database, since, MOST_CHANGES);
    if (changed === undefined || changed.length === MOST_CHANGES) {
      this.position = undefined;
      this.held.clear();
      this.position = (await feedBounds(this.database)).last;
      return;
    }
    for (const { fingerprint } of changed) this.held.delete(fingerprint);
    this.position = changed.at(-1)?.position ?? since;
  }

  private async read(fingerprints: readonly string[]): Promise<Map<string, IntrospectedKey>> {
    const { position } = this;
    const found = new Map((await findIntrospected(this.database, fingerprints)).map((key) => [key.fingerprint, key]));
    // An event that came meanwhile may be of a key that was read before it.
    if (position !== undefined && position === this.position) for (const [fingerprint, key] of found) this.hold(fingerprint, key);
    return found;
  }

  private hold(fingerprint: string, key: IntrospectedKey): void {
    if (this.held.size >= MOST_HELD) this.held.delete(this.held.keys().next().value ?? '');
    this.held.set(fingerprint, key);
  }
}
