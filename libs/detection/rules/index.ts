import type { RuleInfo } from '../types.js';
import { deniedBurst } from './denied-burst.js';
import { firstSeenAddress } from './first-seen-address.js';
import { machineCredentialByHand } from './machine-credential-by-hand.js';
import { rateSpike } from './rate-spike.js';
import { revokedKeyUse } from './revoked-key-use.js';
import { unknownKeyProbing } from './unknown-key-probing.js';

export { deniedBurst, type DeniedBurstInput, type DeniedBurstSettings } from './denied-burst.js';
export { firstSeenAddress, type FirstSeenAddressInput, type FirstSeenAddressSettings } from './first-seen-address.js';
export {
  machineCredentialByHand, type MachineCredentialByHandInput, type MachineCredentialByHandSettings,
} from './machine-credential-by-hand.js';
export { rateSpike, type RateSpikeInput, type RateSpikeSettings } from './rate-spike.js';
export { revokedKeyUse, type RevokedKeyUseInput, type RevokedKeyUseSettings } from './revoked-key-use.js';
export { unknownKeyProbing, type UnknownKeyProbingInput, type UnknownKeyProbingSettings } from './unknown-key-probing.js';
export { networkOf } from './network.js';
export { personTool, type PersonTool } from './person-tool.js';

const rules: readonly (RuleInfo & { settings: object })[] = [
  rateSpike, deniedBurst, revokedKeyUse, unknownKeyProbing, firstSeenAddress, machineCredentialByHand,
];

/** What every rule says of itself. */
export const ruleCatalogue: RuleInfo[] = rules.map(({ id, title, severity, why, response }) => ({ id, title, severity, why, response }));

/** The settings every rule ships with, by rule. */
export const ruleDefaults: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map(rules.map(({ id, settings }) => [id, { ...settings }]));
