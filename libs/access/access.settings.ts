import type { OidcSettings } from '@keytrail/platform';
import type { JwtSettings } from './jwt-verifier.js';

/** How callers prove who they are. */
export class AccessSettings {
  constructor(readonly jwt: JwtSettings | undefined, readonly failuresPerMinute = 30, readonly oidc?: OidcSettings | undefined) {}
}
