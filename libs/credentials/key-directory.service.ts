import { Injectable } from '@nestjs/common';
import { Database } from '@keytrail/postgres';
import { changedSince, type DirectoryEntry } from './credential.store.js';

/**
 * Versions are given before their transaction commits, so a higher one can become visible first. Reading this many again finds
 * those that were late.
 */
const OVERLAP = 256;

const MOST_RELATIVES = 50;

/** All keys in memory, by id, by fingerprint and by public id; `refresh` reads what changed since the last time. */
@Injectable()
export class KeyDirectory {
  private readonly byId = new Map<string, DirectoryEntry>();
  private readonly byFingerprint = new Map<string, DirectoryEntry>();
  private readonly byPublicId = new Map<string, DirectoryEntry>();
  /** Of a key, the one it took the place of. */
  private readonly predecessors = new Map<string, string>();
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

  /** Keys that it took the place of, latest first, and then those that took its place: at most {@link MOST_RELATIVES} each way. */
  lineageOf(keyId: string): string[] {
    return [...this.follow(keyId, (id) => this.predecessors.get(id)), ...this.follow(keyId, (id) => this.byId.get(id)?.replaced_by ?? undefined)];
  }

  /** The keys it took the place of, latest first. */
  ancestorsOf(keyId: string): string[] {
    return this.follow(keyId, (id) => this.predecessors.get(id));
  }

  private follow(keyId: string, next: (id: string) => string | undefined): string[] {
    const found = new Set<string>();
    for (let id = next(keyId); id !== undefined && id !== keyId && !found.has(id) && found.size < MOST_RELATIVES; id = next(id)) found.add(id);
    return [...found];
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
      if (entry.replaced_by !== null) this.predecessors.set(entry.replaced_by, entry.key_id);
      this.byFingerprint.set(entry.fingerprint, entry);
      // Whoever presented the secret of a workspace key presented that key.
      if (entry.secret_fingerprint !== null) this.byFingerprint.set(entry.secret_fingerprint, entry);
      if (entry.public_id !== null) this.byPublicId.set(entry.public_id, entry);
      this.version = Math.max(this.version, entry.version);
    }
  }
}
