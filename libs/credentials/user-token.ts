import { decodeProtectedHeader, errors, jwtVerify, type CryptoKey } from 'jose';
import { z } from 'zod';
import type { RefusalReason } from '@keytrail/contracts';

/** The only algorithm. What the token says of its own is compared with it, and never followed. */
const ALGORITHM = 'ES256';
export const USER_TOKEN_LONGEST_S = 3_600;
/** How far the clock of whoever signs may be from ours. */
const TOLERANCE_S = 30;
export const DEFAULT_TENANT = 'default';

type UserTokenRefusal = Extract<RefusalReason, `user_token_${string}`>;
export type UserTokenVerdict = { accepted: UserTokenClaims } | { refused: UserTokenRefusal };

export interface UserTokenClaims {
  entity_type: 'subscriber';
  entity_id: string;
  tenant_id: string;
  /** Unix seconds. */
  exp: number;
}

/** Which signing key a token claims to be signed with. Nothing else in its header is believed. */
export function signerOf(token: string): { kid: string } | { refused: UserTokenRefusal } {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    if (alg !== ALGORITHM) return { refused: 'user_token_algorithm' };
    return typeof kid === 'string' && kid.length <= 256 ? { kid } : { refused: 'user_token_unknown_signer' };
  } catch {
    return { refused: 'user_token_malformed' };
  }
}

const seconds = z.number().int().min(0).max(253_402_300_799);
const Claims = z.object({
  entity_type: z.literal('subscriber'), entity_id: z.string().min(1).max(256), iat: seconds, exp: seconds,
  scope: z.object({ tenant_id: z.string().min(1).max(256).optional() }).optional(),
});

/** Checks a token against the public half of the key it names. */
export async function verifyUserToken(token: string, key: CryptoKey, now: Date): Promise<UserTokenVerdict> {
  let payload: unknown;
  try {
    ({ payload } = await jwtVerify(token, key, { algorithms: [ALGORITHM], currentDate: now, clockTolerance: TOLERANCE_S }));
  } catch (error) {
    return { refused: reasonOf(error) };
  }
  const claims = Claims.safeParse(payload);
  if (!claims.success) return { refused: 'user_token_claims' };
  const { entity_type, entity_id, iat, exp, scope } = claims.data;
  if (iat > now.getTime() / 1000 + TOLERANCE_S) return { refused: 'user_token_not_yet_valid' };
  if (exp - iat > USER_TOKEN_LONGEST_S) return { refused: 'user_token_too_long_lived' };
  if (exp <= iat) return { refused: 'user_token_claims' };
  return { accepted: { entity_type, entity_id, tenant_id: scope?.tenant_id ?? DEFAULT_TENANT, exp } };
}

function reasonOf(error: unknown): UserTokenRefusal {
  if (error instanceof errors.JWTExpired) return 'user_token_expired';
  if (error instanceof errors.JWTClaimValidationFailed) return error.claim === 'nbf' && error.reason === 'check_failed' ? 'user_token_not_yet_valid' : 'user_token_claims';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'user_token_bad_signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'user_token_algorithm';
  if (error instanceof errors.JOSEError) return 'user_token_malformed';
  throw error;
}
