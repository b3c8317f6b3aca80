import type { IssuedKind } from '@keytrail/contracts';

/** What a process does about leaks. */
export class LeakSettings {
  constructor(
    /** Where GitHub's public keys are; undefined = its reports are not taken. */
    readonly githubKeysUrl: string | undefined,
    /** Kinds of keys that are revoked by themselves. */
    readonly revoke: readonly IssuedKind[],
    readonly fetchTimeoutMs = 5_000,
  ) {}
}

/** Leak settings of an environment. */
export const leakSettingsOf = (env: { KEYTRAIL_GITHUB_KEYS_URL?: string | undefined; KEYTRAIL_REVOKE_LEAKED: readonly IssuedKind[] }): LeakSettings =>
  new LeakSettings(env.KEYTRAIL_GITHUB_KEYS_URL, env.KEYTRAIL_REVOKE_LEAKED);
