import type { KeyState, Severity } from '@keytrail/contracts';
import { kindRules, type CredentialRecord } from '@keytrail/credentials';

type Power = Pick<CredentialRecord, 'kind' | 'environment' | 'scopes'>;

/** How bad it is that others hold a key: by what they can do with it now. A key that is dead is worth knowing of, and opens nothing. */
export function severityOfLeak(key: Power, state: KeyState): Severity {
  if (state !== 'active') return 'medium';
  const { reach, proof } = kindRules[key.kind];
  // Good in every workspace; or it makes users of whoever holds it.
  if (reach === 'account' || proof === 'key-pair') return 'critical';
  return key.environment === 'production' || key.scopes.some((scope) => scope.endsWith('*')) ? 'critical' : 'high';
}
