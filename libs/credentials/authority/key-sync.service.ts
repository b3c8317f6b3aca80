import { Injectable, Logger, Optional } from '@nestjs/common';
import type { RemoteKey } from '@keytrail/contracts';
import { Clock, Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import type { CredentialRecord } from '../credential.js';
import { findById, lockById } from '../credential.store.js';
import { KeyPlatform } from './key-platform.js';
import { PLATFORM_ACTOR, mirrorChange, mirroredFields } from './mirrored-key.js';
import { PlatformFailure } from './platform-failure.js';
import { allMirrors, databaseTime, holdSync, mayOverwrite, noteLastUses, releaseSync } from './remote-key.store.js';
import { RemoteMirror } from './remote-mirror.service.js';

/** A reading that takes longer than this is another process's to do again. */
const HOLD_MS = 15 * 60_000;
/** Keys that were not listed are asked for one by one. */
const MOST_ASKED = 200;

export interface SyncResult {
  /** Keys that the platform listed, and how many of its items could not be read. */
  listed: number;
  unreadable: number;
  changed: number;
  /** Keys of the platform whose ids are taken by keys of the registry. */
  clashes: number;
  gone: number;
}

/** Reads the platform's keys and makes their mirror agree. One process at a time does. */
@Injectable()
export class KeySync {
  private readonly logger = new Logger('key-sync');

  constructor(
    private readonly database: Database, private readonly mirror: RemoteMirror, private readonly clock: Clock, private readonly metrics: Metrics,
    @Optional() private readonly platform?: KeyPlatform,
  ) {}

  /** Undefined when another process is at it. Throws `PlatformFailure`; what was read before stays written. */
  async run(isStopping: () => boolean = () => false): Promise<SyncResult | undefined> {
    const { platform } = this;
    if (platform === undefined) throw new PlatformFailure('not_configured', 'none', false);
    if (!await holdSync(this.database, HOLD_MS)) return undefined;
    try {
      const result = await this.read(platform, isStopping);
      await releaseSync(this.database, { completed_at: this.clock.date(), last_error: null });
      this.metrics.keyPlatformSyncs.inc({ outcome: 'completed' });
      if (result.unreadable + result.clashes > 0) this.logger.warn(`of ${result.listed} keys, ${result.unreadable} could not be read and ${result.clashes} have ids of the registry's own keys`);
      return result;
    } catch (error) {
      await releaseSync(this.database, { last_error: error instanceof PlatformFailure ? error.code : 'internal' });
      this.metrics.keyPlatformSyncs.inc({ outcome: 'failed' });
      throw error;
    }
  }

  private async read(platform: KeyPlatform, isStopping: () => boolean): Promise<SyncResult> {
    const readAt = await databaseTime(this.database);
    const mirrors = await allMirrors(this.database);
    const places = new Map<string, { owner_id: string; workspace_id: string }>();
    const result: SyncResult = { listed: 0, unreadable: 0, changed: 0, clashes: 0, gone: 0 };
    const seen = new Set<string>();
    for await (const page of platform.pages()) {
      result.unreadable += page.unreadable;
      for (const key of page.keys) {
        if (isStopping()) return result;
        seen.add(key.id);
        result.listed += 1;
        await this.take(key, mirrors.get(key.id), places, readAt, result);
      }
      await noteLastUses(this.database, usesOf(page.keys, mirrors, this.clock.date()));
    }
    const missing = [...mirrors.values()].filter(({ key_id, revoked_at }) => revoked_at === null && !seen.has(key_id)).slice(0, MOST_ASKED);
    for (const key of missing) {
      if (isStopping()) return result;
      await this.askFor(platform, key, readAt, result);
    }
    return result;
  }

  /** What agrees with its mirror is not written. */
  private async take(
    key: RemoteKey, mirror: CredentialRecord | undefined, places: Map<string, { owner_id: string; workspace_id: string }>, readAt: Date, result: SyncResult,
  ): Promise<void> {
    const where = JSON.stringify([key.owner?.name, key.workspace, key.environment]);
    const place = places.get(where);
    const now = this.clock.date();
    if (mirror !== undefined && place !== undefined && Object.keys(mirrorChange(mirror, mirroredFields(key, now), place, now)).length === 0) return;
    const written = await this.write({ ...key, secret: undefined }, readAt);
    if (written === undefined) return;
    if (!written) result.clashes += 1;
    const after = written ? await findById(this.database, key.id, null) : undefined;
    if (after?.workspace_id != null) places.set(where, { owner_id: after.owner_id, workspace_id: after.workspace_id });
    if (after !== undefined && JSON.stringify(after) !== JSON.stringify(mirror)) result.changed += 1;
  }

  /** A key that is not listed may be one that was made since; the platform is asked before it is taken for dead. */
  private async askFor(platform: KeyPlatform, key: CredentialRecord, readAt: Date, result: SyncResult): Promise<void> {
    const said = await platform.find(key.key_id);
    if (said !== undefined) {
      await this.write({ ...said, secret: undefined }, readAt);
      return;
    }
    await this.database.transaction().execute(async (transaction) => {
      const mirror = await lockById(transaction, key.key_id, null);
      if (mirror === undefined || mirror.revoked_at !== null || !await mayOverwrite(transaction, key.key_id, readAt)) return;
      await this.mirror.retire(transaction, mirror, { actor: PLATFORM_ACTOR, reason: 'the key platform does not know it any more', at: this.clock.date() });
      result.gone += 1;
    });
  }

  private write(key: RemoteKey, readAt: Date): Promise<boolean | undefined> {
    return this.database.transaction().execute(async (transaction) => {
      // Locked first: what is asked under the lock stays true until the mirror is written.
      await lockById(transaction, key.id, null);
      return await mayOverwrite(transaction, key.id, readAt) ? this.mirror.write(transaction, key) : undefined;
    });
  }
}

const usesOf = (keys: readonly RemoteKey[], mirrors: ReadonlyMap<string, CredentialRecord>, now: Date) => keys.flatMap(({ id, last_used_at }) => {
  const known = mirrors.get(id)?.remote_last_used_at ?? null;
  return last_used_at !== null && last_used_at <= now && (known === null || last_used_at > known) ? [{ key_id: id, last_used_at }] : [];
});
