import { Injectable } from '@nestjs/common';
import { Database } from '@keytrail/postgres';
import { changedSince, type DirectoryEntry } from './credential.store.js';

/**
 * Versions are given before their transaction commits, so a higher one can become visible first. Reading this many again finds
 * those that were late.
 */
const OVERLAP = 256;

/** All keys in memory, by id, by fingerprint and by public id; `refresh` reads what changed since the last time. */
@Injectable()
export class KeyDirectory {
  private readonly byId = new Map<string, DirectoryEntry>();
  private readonly byFingerprint = new Map<string, DirectoryEntry>();
  private readonly byPublicId = new Map<string, DirectoryEntry>();
  private version = 0;
  private running: Promise<void> | undefined;

  constructor(private readonly database: Database) {}

  /** Callers that come while one refresh runs share the next one: they may need a change the running one has not seen. */
  async refresh(): Promise<void> {
    await this.running?.catch(() => undefined);
    this.running ??= this.read().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  find(keyId: string): DirectoryEntry | undefined {
    return this.byId.get(keyId);
  }

  /**
   * The key as a workspace knows it: one of its own, or of the account. A request log may name a key of another workspace, and learns
   * nothing about it by that.
   */
  findIn(workspaceId: string, keyId: string): DirectoryEntry | undefined {
    const entry = this.byId.get(keyId);
    return entry?.workspace_id === workspaceId || entry?.workspace_id === null ? entry : undefined;
  }

  findByFingerprint(fingerprint: string): DirectoryEntry | undefined {
    return this.byFingerprint.get(fingerprint);
  }

  /** By the id of a workspace key or a public key, or by the `kid` of a signing key. */
  findByPublicId(publicId: string): DirectoryEntry | undefined {
    return this.byPublicId.get(publicId);
  }

  private async read(): Promise<void> {
    for (const entry of await changedSince(this.database, this.version - OVERLAP)) {
      this.byId.set(entry.key_id, entry);
      this.byFingerprint.set(entry.fingerprint, entry);
      // Whoever presented the secret of a workspace key presented that key.
      if (entry.secret_fingerprint !== null) this.byFingerprint.set(entry.secret_fingerprint, entry);
      if (entry.public_id !== null) this.byPublicId.set(entry.public_id, entry);
      this.version = Math.max(this.version, entry.version);
    }
  }
}
