import { SettingsError, sameDigest, type Secrets } from '@keytrail/platform';
import { keepMasterKeyCheck, type Database } from '@keytrail/postgres';

/** Any constant will do: its digest differs with the master key. */
const CONSTANT = 'keytrail master key';

/** Throws {@link WrongMasterKeyError} when the installation was made with another master key. */
export async function assertMasterKey(database: Database, secrets: Secrets): Promise<void> {
  const check = secrets.digest('master-key-check', CONSTANT);
  if (!sameDigest(await keepMasterKeyCheck(database, check), check)) throw new WrongMasterKeyError();
}

/** With another key nobody could sign in and no key would be recognised. */
export class WrongMasterKeyError extends SettingsError {
  constructor() {
    super(['KEYTRAIL_MASTER_KEY: this is not the master key this installation was made with; '
      + 'set that one, or put its master.key back into the data directory']);
    this.name = 'WrongMasterKeyError';
  }
}
