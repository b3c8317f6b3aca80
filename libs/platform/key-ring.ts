import { AppError } from './errors.js';

/** A key as settings give it: at least 32 random bytes under a version from 1 on. Version 0 is the master key itself. */
export type KeysByVersion = ReadonlyMap<number, Buffer>;

/** Keys by version: what is made now is made under the newest, what was made before is read under its own. */
export class KeyRing {
  /** The highest version. */
  readonly newest: number;
  private readonly keys: KeysByVersion;

  constructor(masterKey: Buffer, added: KeysByVersion = new Map()) {
    this.keys = new Map([[0, masterKey], ...added]);
    this.newest = Math.max(...this.keys.keys());
  }

  get versions(): number[] {
    return [...this.keys.keys()].sort((a, b) => a - b);
  }

  /** Throws 503 `key_version_missing`: another process made something under a version that this one was not given. */
  get(version: number): Buffer {
    const key = this.keys.get(version);
    if (key === undefined) {
      throw new AppError({
        code: 'key_version_missing', status: 503, message: 'This process lacks a key that others have. Try another one.',
        internal: `version ${version} is not among those set: ${this.versions.join(', ')}`,
      });
    }
    return key;
  }
}

const ENTRY = /^([1-9][0-9]{0,5}):([A-Za-z0-9+/]+={0,2})$/;

/** Reads `version:base64` entries, separated by commas or lines. Undefined when an entry is not one, or a version stands there twice. */
export function parseKeysByVersion(text: string): KeysByVersion | undefined {
  const entries = text.split(/[\n,]/).map((entry) => entry.trim()).filter((entry) => entry !== '');
  const keys = new Map<number, Buffer>();
  for (const entry of entries) {
    const [, version = '', base64 = ''] = ENTRY.exec(entry) ?? [];
    const key = Buffer.from(base64, 'base64');
    if (key.length < 32 || keys.has(Number(version))) return undefined;
    keys.set(Number(version), key);
  }
  return keys.size === 0 ? undefined : keys;
}
