import { Injectable } from '@nestjs/common';
import type { KeyAuthorityName } from '@keytrail/contracts';
import { Database } from '@keytrail/postgres';
import { Credentials } from '../credentials.service.js';
import type { KeyAuthority } from './key-authority.js';
import { RemoteKeyAuthority } from './remote-key-authority.service.js';
import { authorityOf } from './remote-key.store.js';

/** Finds who keeps a key. */
@Injectable()
export class KeyAuthorities {
  constructor(private readonly database: Database, private readonly registry: Credentials, private readonly remote: RemoteKeyAuthority) {}

  /** Absent: the registry. */
  named(name: KeyAuthorityName | undefined): KeyAuthority {
    return name === 'remote' ? this.remote : this.registry;
  }

  /** Who keeps a key. A key that nobody knows is one that the registry does not know. */
  async of(keyId: string): Promise<KeyAuthority> {
    return this.named(await authorityOf(this.database, keyId));
  }
}
