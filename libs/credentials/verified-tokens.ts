import { createHash } from 'node:crypto';
import type { UserTokenClaims } from './user-token.js';

interface Verified<Signer> {
  /** As it was read: one that changed is another. */
  signer: Signer;
  claims: UserTokenClaims;
  /** Milliseconds. */
  at: number;
}

/** Some 400 bytes each. */
const MOST_HELD = 20_000;

/**
 * User tokens that were found good. A token comes with each call of its user, and its signature costs more to check than all the rest. That the
 * time is between the check and the token's end is enough: by then it was valid already. Whether its signer is revoked is not known here.
 */
export class VerifiedTokens<Signer extends object> {
  private readonly held = new Map<string, Verified<Signer>>();

  constructor(private readonly most = MOST_HELD) {}

  /** The claims of a token that the signer, as it is now, was found to have signed. */
  find(signer: Signer, token: string, now: Date): UserTokenClaims | undefined {
    const known = this.held.get(digestOf(token));
    const time = now.getTime();
    return known?.signer === signer && known.at <= time && time < known.claims.exp * 1000 ? known.claims : undefined;
  }

  keep(signer: Signer, token: string, claims: UserTokenClaims, now: Date): void {
    const digest = digestOf(token);
    // Anew, so that it is the youngest.
    this.held.delete(digest);
    if (this.held.size >= this.most) this.held.delete(this.held.keys().next().value ?? '');
    this.held.set(digest, { signer, claims, at: now.getTime() });
  }
}

const digestOf = (token: string) => createHash('sha256').update(token).digest('base64');
