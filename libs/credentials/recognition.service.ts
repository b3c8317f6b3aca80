import { createPublicKey, randomBytes, sign, verify, type KeyObject } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { FalsePositiveReason, VerificationJwk } from '@keytrail/contracts';
import { Secrets, fingerprintOf, sameDigest, type WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import type { CredentialRecord } from './credential.js';
import { kindRules } from './kinds.js';
import { placeOf } from './material.js';
import { readPresented, type PresentedSecret } from './presented-secret.js';
import { findAllById, findByFingerprints, type RecognisableKey } from './recognition.store.js';

/** Other calls get their turn after so many. */
const A_TURN = 250;
const A_QUERY = 1_000;

export type Recognition =
  | { key: CredentialRecord; /** How the secret shows. */ fingerprint: string }
  | { reason: FalsePositiveReason; /** Null for what has not the form of a secret. */ fingerprint: string | null };

/** Tells which keys secrets belong to, of every kind, dead keys included. A fingerprint finds the key; that it is the one is proven by the secret. */
@Injectable()
export class SecretRecognition {
  constructor(private readonly database: Database, private readonly secrets: Secrets) {}

  /** What each secret is. Nothing of a secret that is no key's is kept. */
  async recognise(texts: Iterable<string>): Promise<Map<string, Recognition>> {
    const read = await this.readAll(texts);
    const wanted = [...new Set([...read.values()].flatMap(({ fingerprint }) => (fingerprint === null ? [] : [fingerprint])))];
    const known = await this.findAll(wanted);
    const recognised = new Map<string, Recognition>();
    for (const [text, { presented, fingerprint }] of read) {
      if (recognised.size % A_TURN === A_TURN - 1) await nextTurn();
      recognised.set(text, this.judge(presented, fingerprint, known));
    }
    return recognised;
  }

  /** Keys that are named only, as far as a caller reaches. */
  async named(keyIds: readonly string[], scope: WorkspaceScope): Promise<Map<string, Recognition>> {
    const keys = keyIds.length === 0 ? [] : await findAllById(this.database, keyIds, scope.ids);
    const known = new Map(keys.map((key) => [key.key_id, key]));
    return new Map(keyIds.map((keyId): [string, Recognition] => {
      const key = known.get(keyId);
      if (key === undefined) return [keyId, { reason: 'unknown', fingerprint: null }];
      if (kindRules[key.kind].proof === 'none') return [keyId, { reason: 'not_a_secret', fingerprint: key.fingerprint }];
      return [keyId, { key, fingerprint: key.secret_fingerprint ?? key.fingerprint }];
    }));
  }

  private async readAll(texts: Iterable<string>) {
    const read = new Map<string, { presented: PresentedSecret; fingerprint: string | null }>();
    for (const text of texts) {
      if (read.has(text)) continue;
      if (read.size % A_TURN === A_TURN - 1) await nextTurn();
      const presented = await readPresented(text);
      const shows = presented.form === 'none' ? null : presented.form === 'private-key' ? presented.kid : presented.secret;
      read.set(text, { presented, fingerprint: shows === null ? null : fingerprintOf(this.secrets.keyFor('fingerprint'), shows) });
    }
    return read;
  }

  private async findAll(fingerprints: readonly string[]): Promise<Map<string, RecognisableKey>> {
    const known = new Map<string, RecognisableKey>();
    for (let from = 0; from < fingerprints.length; from += A_QUERY) {
      for (const key of await findByFingerprints(this.database, fingerprints.slice(from, from + A_QUERY))) {
        known.set(key.fingerprint, key);
        if (key.secret_fingerprint !== null) known.set(key.secret_fingerprint, key);
      }
    }
    return known;
  }

  private judge(presented: PresentedSecret, fingerprint: string | null, known: ReadonlyMap<string, RecognisableKey>): Recognition {
    if (presented.form === 'none' || fingerprint === null) return { reason: presented.form === 'none' ? presented.reason : 'unknown', fingerprint: null };
    const key = known.get(fingerprint);
    return key !== undefined && this.isSecretOf(key, presented) ? { key, fingerprint } : { reason: 'unknown', fingerprint };
  }

  private isSecretOf(key: RecognisableKey, presented: Exclude<PresentedSecret, { form: 'none' }>): boolean {
    if (presented.form === 'private-key') return key.public_jwk !== null && signsFor(presented.privateKey, key.public_jwk);
    const { digest, pepper_version, wrapped, wrapping_version } = key;
    if (presented.form === 'bearer') return digest !== null && pepper_version !== null && this.secrets.matches({ digest, pepper_version }, presented.secret);
    return wrapped !== null && wrapping_version !== null && sameDigest(this.secrets.unwrap({ wrapped, wrapping_version }, placeOf(key)), presented.secret);
  }
}

/** A file may name the public half of somebody's key beside a private number of its own: only a signature shows that the two belong together. */
function signsFor(privateKey: KeyObject, jwk: VerificationJwk): boolean {
  const challenge = randomBytes(32);
  try {
    return verify('sha256', challenge, createPublicKey({ key: { ...jwk }, format: 'jwk' }), sign('sha256', challenge, privateKey));
  } catch {
    return false;
  }
}
