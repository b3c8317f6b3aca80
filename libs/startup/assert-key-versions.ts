import { SettingsError, sameDigest, type Secrets } from '@keytrail/platform';
import { keepVersionChecks, versionsInUse, type Database, type VersionCheck } from '@keytrail/postgres';

/**
 * Makes sure that every pepper and wrapping key under which something is kept is there, and is the one it was. Throws a
 * {@link SettingsError} that names each which is not.
 */
export async function assertKeyVersions(database: Database, secrets: Secrets): Promise<void> {
  const given = secrets.versionChecks();
  const kept = await keepVersionChecks(database, given);
  const used = await versionsInUse(database);
  const problems: string[] = [];
  for (const { purpose, version, key_check } of kept) {
    const same = given.find((one) => one.purpose === purpose && one.version === version);
    if (same !== undefined && !sameDigest(same.key_check, key_check)) problems.push(`${settingOf(purpose)}: version ${version} is not the key it was before`);
  }
  for (const { purpose, version } of used) {
    if (!given.some((one) => one.purpose === purpose && one.version === version)) problems.push(`${settingOf(purpose)}: version ${version} is missing, and keys depend on it`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
}

const settingOf = (purpose: VersionCheck['purpose']) => (purpose === 'pepper' ? 'KEYTRAIL_PEPPERS' : 'KEYTRAIL_WRAPPING_KEYS');
