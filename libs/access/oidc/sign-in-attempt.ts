import { EncryptJWT, jwtDecrypt } from 'jose';
import { z } from 'zod';

/** Somebody was sent to the provider and has not come back yet. */
const SignInAttempt = z.object({
  /** Comes back in the address: another one was not asked for by this browser. */
  state: z.string().min(16),
  /** Comes back in the ID token. */
  nonce: z.string().min(16),
  /** Proves that whoever has the code asked for it (PKCE, RFC 7636). */
  verifier: z.string().min(43),
  /** Where they wanted to go: a path of the dashboard. */
  returnTo: z.string(),
});
export type SignInAttempt = z.infer<typeof SignInAttempt>;

/** As long as people may take at the provider. */
export const ATTEMPT_SECONDS = 600;

/** Hides an attempt in a value for a cookie: the browser keeps it, and can neither read nor change it. `key`: 32 bytes. */
export const sealAttempt = (attempt: SignInAttempt, key: Uint8Array, now: Date): Promise<string> =>
  new EncryptJWT({ ...attempt }).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).setIssuedAt(now)
    .setExpirationTime(Math.floor(now.getTime() / 1000) + ATTEMPT_SECONDS).encrypt(key);

/** The attempt again; undefined when it is none of ours, or too old. */
export async function openAttempt(sealed: string, key: Uint8Array, now: Date): Promise<SignInAttempt | undefined> {
  const opened = await jwtDecrypt(sealed, key, { currentDate: now, keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }).catch(() => undefined);
  const attempt = SignInAttempt.safeParse(opened?.payload);
  return attempt.success ? attempt.data : undefined;
}

/** A path of this server, as it was asked for; `/` for anything that leads elsewhere, and for what is not a page. */
export function ownPath(asked: string | undefined, publicUrl: string): string {
  if (asked === undefined || asked.length > 2_000 || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(asked) || /^\/v1(?:\/|$)/.test(asked)) return '/';
  const base = new URL(publicUrl);
  return URL.canParse(asked, base.href) && new URL(asked, base).origin === base.origin ? asked : '/';
}
