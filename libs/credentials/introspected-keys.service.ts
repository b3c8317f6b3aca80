import { Injectable } from '@nestjs/common';
import { NextBatch, type Marks } from '@keytrail/platform';
import { Changes, Database, type KeysChanged } from '@keytrail/postgres';
import { findIntrospected, type IntrospectedKey } from './introspection.store.js';
import { fingerprintsAfter } from './key-event.store.js';

/** Some 2 KB each. */
const MOST_HELD = 50_000;
/** Beyond it, forgetting everything is cheaper. */
const MOST_CHANGES = 1_000;

/**
 * Keys that gateways ask for, held in memory. Each is used by whoever knows how far the registry has changed since their call came in: what
 * changed up to there is forgotten first. So a change is seen by the next call, in every process.
 */
@Injectable()
export class IntrospectedKeys {
  private readonly held = new Map<string, IntrospectedKey>();
  /** The change up to which `held` is current, and of which state of the database. */
  private position = -1;
  private restores = 0;
  private readonly changes: NextBatch<'all', true>;
  private readonly missing: NextBatch<string, IntrospectedKey>;

  constructor(private readonly database: Database, changes: Changes) {
    changes.onKeysChanged((changed) => this.hear(changed));
    this.changes = new NextBatch(async () => {
      await this.forgetChanged();
      return new Map([['all', true]]);
    });
    this.missing = new NextBatch((fingerprints) => this.read(fingerprints));
  }

  /** The key as it was at `marks` or later. Rejects when the database does not answer. */
  async find(fingerprint: string, marks: Marks): Promise<IntrospectedKey | undefined> {
    if (this.position < marks.forgotten || this.restores < marks.restores) this.startAt(marks);
    if (this.position < marks.keys) await this.changes.load('all');
    return this.held.get(fingerprint) ?? this.missing.load(fingerprint);
  }

  /** What changed before can no longer be told, or was undone. */
  private startAt({ keys, restores }: Marks): void {
    this.held.clear();
    this.position = keys;
    this.restores = restores;
  }

  /** Of what this process wrote itself: nobody has to ask the database which keys it was. */
  private hear({ since, marks, fingerprints }: KeysChanged): void {
    if (this.position !== since || this.restores !== marks.restores) return;
    for (const fingerprint of fingerprints) this.held.delete(fingerprint);
    this.position = marks.keys;
  }

  private async forgetChanged(): Promise<void> {
    const { position: since, restores } = this;
    const changed = await fingerprintsAfter(this.database, since, MOST_CHANGES);
    const last = changed.at(-1)?.position;
    // Whoever started anew meanwhile forgot all of it.
    if (last === undefined || since !== this.position || restores !== this.restores) return;
    if (changed.length === MOST_CHANGES) this.held.clear();
    else for (const { fingerprint } of changed) this.held.delete(fingerprint);
    this.position = last;
  }

  private async read(fingerprints: readonly string[]): Promise<Map<string, IntrospectedKey>> {
    const { position, restores } = this;
    const found = new Map((await findIntrospected(this.database, fingerprints)).map((key) => [key.fingerprint, key]));
    // A change that was heard of meanwhile may be of a key that was read before it.
    if (position === this.position && restores === this.restores) for (const [fingerprint, key] of found) this.hold(fingerprint, key);
    return found;
  }

  private hold(fingerprint: string, key: IntrospectedKey): void {
    if (this.held.size >= MOST_HELD) this.held.delete(this.held.keys().next().value ?? '');
    this.held.set(fingerprint, key);
  }
}
