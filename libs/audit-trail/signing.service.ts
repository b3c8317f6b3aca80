import { Injectable } from '@nestjs/common';
import { privateKeyOfSeed, signingKeyOf, type SigningKey } from '@keytrail/audit-proof';
import { Secrets } from '@keytrail/platform';

/** The key that signs checkpoints, exports and bundles. */
@Injectable()
export class Signing {
  private made: Promise<SigningKey> | undefined;

  constructor(private readonly secrets: Secrets) {}

  key(): Promise<SigningKey> {
    this.made ??= signingKeyOf(privateKeyOfSeed(this.secrets.checkpointSeed()));
    return this.made;
  }
}
