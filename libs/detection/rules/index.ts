import type { EventRule, KeyInput, Rule, RuleInfo } from '../types.js';
import { callerOfManyKeys } from './caller-of-many-keys.js';
import { addressSpike } from './address-spike.js';
import { canaryKey } from './canary-key.js';
import { credentialForSuspect } from './credential-for-suspect.js';
import { deniedBurst } from './denied-burst.js';
import { deniedRate } from './denied-rate.js';
import { dormantKey } from './dormant-key.js';
import { egressVolume } from './egress-volume.js';
import { environmentMismatch } from './environment-mismatch.js';
import { errorRate } from './error-rate.js';
import { firstSeenAddress } from './first-seen-address.js';
import { impossibleTravel } from './impossible-travel.js';
import { keyHygiene } from './key-hygiene.js';
import { keyShared } from './key-shared.js';
import { leakNotContained } from './leak-not-contained.js';
import { leakedKeyUse } from './leaked-key-use.js';
import { listedCaller } from './listed-caller.js';
import { logSilence } from './log-silence.js';
import { machineCredentialByHand } from './machine-credential-by-hand.js';
import { newRoute } from './new-route.js';
import { objectEnumeration } from './object-enumeration.js';
import { overlapLagging } from './overlap-lagging.js';
import { overlapOutlived } from './overlap-outlived.js';
import { ownerGone } from './owner-gone.js';
import { rateDrop } from './rate-drop.js';
import { rateSpike } from './rate-spike.js';
import { requestReplayed } from './request-replayed.js';
import { revokedKeyUse } from './revoked-key-use.js';
import { rotationOverdue } from './rotation-overdue.js';
import { scopeRaised } from './scope-raised.js';
import { secretInBrowser } from './secret-in-browser.js';
import { secretInLog } from './secret-in-log.js';
import { suspectMakesCredential } from './suspect-makes-credential.js';
import { tenantMismatch } from './tenant-mismatch.js';
import { unknownKeyProbing } from './unknown-key-probing.js';
import { userTokenAnomaly } from './user-token-anomaly.js';
import { userTokenMinting } from './user-token-minting.js';
import { userTokenMissing } from './user-token-missing.js';
import type { ViolationInput } from './violations.js';
import { workspaceSecretOnWire } from './workspace-secret-on-wire.js';

export { credentialForSuspect, type CredentialForSuspect } from './credential-for-suspect.js';
export { objectEnumeration, type ObjectEnumerationInput, type ObjectEnumerationSettings } from './object-enumeration.js';
export { overlapLagging, type EndingOverlap } from './overlap-lagging.js';
export { requestReplayed, type ReusedId } from './request-replayed.js';
export { scopeRaised, type ScopeChange } from './scope-raised.js';
export { made, mayMake, suspectMakesCredential } from './suspect-makes-credential.js';
export { type Suspicion } from './suspicion.js';
export { leakNotContained, type UncontainedLeak } from './leak-not-contained.js';
export { logSilence, type LogSource } from './log-silence.js';
export { type OwnerViolations } from './violations.js';
export { addressSpike, type ReachInput } from './address-spike.js';
export { egressVolume } from './egress-volume.js';
export { canaryKey } from './canary-key.js';
export { impossibleTravel } from './impossible-travel.js';
export { leakedKeyUse } from './leaked-key-use.js';
export { listedCaller } from './listed-caller.js';
export { secretInLog } from './secret-in-log.js';
export { callerOfManyKeys } from './caller-of-many-keys.js';
export { deniedBurst, type DeniedBurstInput, type DeniedBurstSettings } from './denied-burst.js';
export { deniedRate } from './denied-rate.js';
export { dormantKey } from './dormant-key.js';
export { environmentMismatch } from './environment-mismatch.js';
export { errorRate } from './error-rate.js';
export { firstSeenAddress, type FirstSeenAddressInput, type FirstSeenAddressSettings } from './first-seen-address.js';
export { keyShared } from './key-shared.js';
export {
  machineCredentialByHand, type MachineCredentialByHandInput, type MachineCredentialByHandSettings,
} from './machine-credential-by-hand.js';
export { newRoute } from './new-route.js';
export { rateDrop } from './rate-drop.js';
export { rateSpike, type RateSpikeInput, type RateSpikeSettings } from './rate-spike.js';
export { revokedKeyUse, type RevokedKeyUseInput, type RevokedKeyUseSettings } from './revoked-key-use.js';
export { secretInBrowser } from './secret-in-browser.js';
export { tenantMismatch } from './tenant-mismatch.js';
export { unknownKeyProbing, type UnknownKeyProbingInput, type UnknownKeyProbingSettings } from './unknown-key-probing.js';
export { userTokenAnomaly } from './user-token-anomaly.js';
export { userTokenMinting } from './user-token-minting.js';
export { userTokenMissing } from './user-token-missing.js';
export { workspaceSecretOnWire } from './workspace-secret-on-wire.js';
export { networkOf } from './network.js';
export { personTool, type PersonTool } from './person-tool.js';

const rules: readonly (RuleInfo & { settings: object })[] = [
  rateSpike, rateDrop, addressSpike, egressVolume, errorRate, deniedRate, deniedBurst, revokedKeyUse, unknownKeyProbing, firstSeenAddress, machineCredentialByHand, secretInBrowser, keyShared, environmentMismatch,
  tenantMismatch, workspaceSecretOnWire, userTokenMissing, userTokenAnomaly, userTokenMinting, newRoute, dormantKey, callerOfManyKeys,
  impossibleTravel, canaryKey, leakedKeyUse, listedCaller, secretInLog, objectEnumeration, requestReplayed, suspectMakesCredential, overlapOutlived,
  overlapLagging, credentialForSuspect, scopeRaised, leakNotContained, rotationOverdue, ownerGone, keyHygiene, logSilence,
];

/** What every rule says of itself. */
export const ruleCatalogue: readonly RuleInfo[] = rules.map(({ id, title, severity, fires, why, response, false_positives, attack, fields, incident, lasting }) => (
  { id, title, severity, fires, why, response, false_positives, attack, fields, incident, ...(lasting && { lasting }) }));

const ruleById = new Map(ruleCatalogue.map((rule) => [rule.id, rule]));

/** What a rule says of itself; undefined for one that is not in the catalogue (any more). */
export const ruleInfo = (id: string): RuleInfo | undefined => ruleById.get(id);

/** The settings every rule ships with, by rule. */
export const ruleDefaults: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map(rules.map(({ id, settings }) => [id, { ...settings }]));

/** Rules about a key that need nothing but what is new; those of the registry speak of keys it holds, those of signs where there is a sign. */
export const callerRules: readonly Rule<KeyInput, object>[] = [listedCaller] as Rule<KeyInput, object>[];
export const registryRules: readonly Rule<KeyInput, object>[] = [environmentMismatch, workspaceSecretOnWire, userTokenMissing, canaryKey, leakedKeyUse, overlapOutlived] as Rule<KeyInput, object>[];
export const signRules: readonly Rule<KeyInput, object>[] = [secretInBrowser, secretInLog] as Rule<KeyInput, object>[];
/** What the policies of the registry found, told as findings. */
export const violationRules: readonly Rule<ViolationInput, object>[] = [rotationOverdue, ownerGone, keyHygiene];
/** Rules about a key that read the whole story once something concerns them. */
export const eventRules: readonly EventRule<KeyInput, object>[] = [tenantMismatch, userTokenAnomaly] as EventRule<KeyInput, object>[];
