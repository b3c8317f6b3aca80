import { Inject, Injectable, Logger } from '@nestjs/common';
import { severityRank } from '@keytrail/contracts';
import { Metrics } from '@keytrail/platform';
import type { ActivityHistory, KnownNetwork } from './activity-history.js';
import type { Alarm } from './baseline/index.js';
import { CallerActivityStore } from './caller-activity.store.js';
import { EntityMemory } from './entity-memory.js';
import type { KnownFinding } from './merge-finding.js';
import { ObjectWalks, type LookedAt, type ObjectLook } from './object-walks.service.js';
import { NetworkMemory } from './network-memory.js';
import { NewcomerMemory } from './newcomer-memory.js';
import { isDenied } from './rules/activity.js';
import {
  addressSpike, callerOfManyKeys, callerRules, credentialForSuspect, deniedBurst, deniedRate, dormantKey, egressVolume, errorRate, eventRules, firstSeenAddress, impossibleTravel, keyShared, leakNotContained,
  logSilence, machineCredentialByHand, made, mayMake, networkOf, newRoute, objectEnumeration, overlapLagging, rateDrop, rateSpike, registryRules, requestReplayed, revokedKeyUse, scopeRaised, signRules,
  suspectMakesCredential, unknownKeyProbing, userTokenMinting, violationRules, type CredentialForSuspect, type EndingOverlap, type LogSource, type OwnerViolations, type ReusedId,
  type ScopeChange, type UncontainedLeak,
} from './rules/index.js';
import { Tuning } from './tuning/tuning.service.js';
import type { CallerActivity, FindingDraft, Rule } from './types.js';
import { nameOf, type KeyName } from './key-name.js';
import { inputOf, type KeyCase, type KeyPast } from './key-case.js';
import { earliest, hasSigns, lastMinute, lastOf, principalOf, strongest, within } from './of-activity.js';

/** A finding makes what a key does within this time after it suspect. */
const SUSPECT_FOR_MS = 24 * 60 * 60_000;

/** A story is read back this far at most. */
const LONGEST_STORY_MS = 24 * 60 * 60_000;
const LEAD_MS = 10 * 60_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A network is asked about for as long after it was first met, so that its finding grows with what is done from there. */
const NEW_FOR_MS = HOUR;

/**
 * Asks the rules. A rule is asked first about what is new; when it has something to say, it is asked again about the whole story, so
 * that a finding's numbers do not depend on how the requests fell into ticks. A rule that throws is reported and left out.
 */
@Injectable()
export class Judge {
  private readonly logger = new Logger('detection');
  private readonly networks = new NetworkMemory();
  /** What was looked up for the step at hand. */
  private readonly looked = new Map<string, KnownNetwork[]>();
  /** Keys of the step that are not known for a while from all networks they came from. */
  private readonly unsure = new Set<string>();
  private readonly entities = new EntityMemory();
  private readonly newcomers = new NewcomerMemory();

  constructor(
    @Inject(CallerActivityStore) private readonly activity: ActivityHistory, private readonly tuning: Tuning, private readonly objects: ObjectWalks,
    private readonly metrics: Metrics,
  ) {}

  /** Reads what people changed of the rules. */
  async refresh(): Promise<void> {
    await this.tuning.refresh();
  }

  /** Begins with another slice of the requests' own clock. */
  beginSlice(): void {
    this.objects.beginSlice();
  }

  /** Looks up at once what `judgeKey` would have to look up key by key: the networks of keys that come from one for the first time since the start. */
  async prepare(activity: readonly CallerActivity[], firstSeen: (key: KeyName) => number | undefined): Promise<void> {
    const keys = new Map<string, KeyName>();
    this.looked.clear();
    this.unsure.clear();
    for (const group of activity) {
      if (group.key_id === '' || group.address === '') continue;
      const name = nameOf(group);
      const met = this.networks.firstSeen(name, networkOf(group.address));
      if (met === undefined || met > group.first_time - NEW_FOR_MS) this.unsure.add(name);
      if (met !== undefined || keys.has(name)) continue;
      // Of a key's first day nothing is asked.
      if (group.first_time - (firstSeen(group) ?? Infinity) >= firstSeenAddress.settings.min_history_hours * HOUR) keys.set(name, group);
    }
    if (keys.size === 0) return;
    const known = await this.activity.knownNetworksOf([...keys.values()]);
    [...keys.keys()].forEach((name, index) => this.looked.set(name, known[index]!));
  }

  /** Whether it has to be known what objects the key called, before it is judged. */
  lookFor(one: KeyCase): ObjectLook | null {
    const settings = this.tuning.settingsOf(objectEnumeration, one);
    return settings === null ? null : this.objects.lookFor(one, one.activity, one.watched.watch.recent, settings);
  }

  /** What keys called, in their order. Undefined: that cannot be read, which is reported. */
  async look(looks: readonly ObjectLook[]): Promise<LookedAt[] | undefined> {
    try {
      return looks.length === 0 ? [] : await this.objects.look(looks);
    } catch (error) {
      this.failed(objectEnumeration.id, error);
      return undefined;
    }
  }

  /** `looked`: what the key called, if it had to be known. */
  judgeKey(one: KeyCase, past: KeyPast, looked?: LookedAt): readonly FindingDraft[] | Promise<readonly FindingDraft[]> {
    const networks = this.networksOf(one);
    return networks === null ? this.judgeWith(null, one, past, looked) : networks.then((known) => this.judgeWith(known, one, past, looked));
  }

  /** `known`: networks, if something about them has to be asked. Nearly always nothing is found, and nothing waited for. */
  private judgeWith(known: KnownNetwork[] | null, one: KeyCase, past: KeyPast, looked?: LookedAt): readonly FindingDraft[] | Promise<readonly FindingDraft[]> {
    if (known !== null && known.length > 0 && one.facts?.kind !== 'public_key') this.newcomers.note(one, known.map(({ network }) => network));
    const atOnce = this.askAtOnce(one);
    if (looked !== undefined) atOnce.push(...this.askAboutObjects(one, looked));
    const first = this.askAboutKey(one, one.activity, known);
    const concerned = this.concernedBy(one.activity);
    const isMaking = this.isMaking(one, one.activity);
    if (first.length === 0 && concerned.length === 0 && atOnce.length === 0 && !isMaking) return NOTHING;
    return this.tellStory({ atOnce, first, concerned, isMaking, known }, one, past);
  }

  private async tellStory({ atOnce, first, concerned, isMaking, known }: FirstAsked, one: KeyCase, past: KeyPast): Promise<readonly FindingDraft[]> {
    const from = earliest(one.activity);
    const knownFindings = await past.goingOn(from);
    if (first.length === 0 && concerned.length === 0) {
      const lately = await this.sinceSuspect(one, one.activity, atOnce, knownFindings);
      return isMaking || lately !== one.activity ? [...atOnce, ...await this.askAboutMaking(one, lately, atOnce, past)] : atOnce;
    }
    const since = storyStart(from, knownFindings);
    const story = await this.activity.ofKey(one.workspace_id, one.key_id, Math.floor(since / MINUTE), lastMinute(one.activity));
    const knownBefore = known && await this.activity.knownNetworks(one.workspace_id, one.key_id, earliest(story));
    const fired = new Set(first.map((draft) => `${draft.rule_id} ${draft.episode}`));
    const input = inputOf(one, story);
    const drafts = [
      ...atOnce,
      ...this.askAboutKey(one, story, knownBefore).filter((draft) => fired.has(`${draft.rule_id} ${draft.episode}`)),
      ...concerned.flatMap((rule) => this.ask(rule, input)),
    ];
    return [...drafts, ...await this.askAboutMaking(one, await this.sinceSuspect(one, story, drafts, knownFindings), drafts, past)];
  }

  /** Findings about request ids that came again; `activity` is what arrived of the key. */
  judgeReuse(key: Pick<KeyCase, 'workspace_id' | 'key_id' | 'facts' | 'activity'>, reused: readonly ReusedId[]): FindingDraft[] {
    return this.ask(requestReplayed, { ...inputOf(key, key.activity), reused });
  }

  /** Findings about callers of many keys that the keys judged so far were new to. */
  judgeNewcomers(workspace: string, activity: readonly CallerActivity[]): FindingDraft[] {
    return this.newcomers.among(workspace, activity).flatMap((newcomer) => this.ask(callerOfManyKeys, { workspace_id: workspace, key_id: '', ...newcomer }));
  }

  judgeOverlap(overlap: EndingOverlap, now: number): FindingDraft[] {
    return this.ask(overlapLagging, { workspace_id: overlap.workspace_id, key_id: overlap.key_id, overlap, now });
  }

  judgeNewKey(made: CredentialForSuspect): FindingDraft[] {
    return this.ask(credentialForSuspect, { workspace_id: made.workspace_id, key_id: made.key_id, made });
  }

  judgeScopes(change: ScopeChange): FindingDraft[] {
    return this.ask(scopeRaised, { workspace_id: change.workspace_id, key_id: change.key_id, change });
  }

  judgeLeak(leak: UncontainedLeak, now: number): FindingDraft[] {
    return this.ask(leakNotContained, { workspace_id: leak.workspace_id, key_id: leak.key_id, leak, now });
  }

  judgeViolations(of: OwnerViolations): FindingDraft[] {
    return violationRules.flatMap((rule) => this.ask(rule, { workspace_id: of.workspace_id, key_id: '', of }));
  }

  /** Of a key that is silent. */
  judgeDrop({ workspace_id, key_id }: KeyName, alarm: Alarm): FindingDraft[] {
    return this.ask(rateDrop, { workspace_id, key_id, principal: '', alarm, activity: [] });
  }

  judgeSources(workspace: string, sources: readonly LogSource[], now: number): FindingDraft[] {
    return this.ask(logSilence, { workspace_id: workspace, key_id: '', sources, now });
  }

  /** What needs no more than what is new and what is remembered. */
  private askAtOnce(one: KeyCase): FindingDraft[] {
    const input = inputOf(one, one.activity);
    const { news, last_used, runtimes } = one.observed;
    const drafts: FindingDraft[] = [];
    for (const rule of callerRules) this.askFor(drafts, rule, input);
    if (one.facts !== undefined) for (const rule of registryRules) this.askFor(drafts, rule, input);
    if (one.activity.some(hasSigns)) {
      for (const rule of signRules) this.askFor(drafts, rule, input);
      const entities = this.entities.see(nameOf(one), one.activity);
      if (entities.length > 0) this.askFor(drafts, userTokenMinting, { ...input, entities });
    }
    if (runtimes.length > 0) this.askFor(drafts, keyShared, { ...input, runtimes });
    if (news.routes.length > 0 || news.methods.length > 0) this.askFor(drafts, newRoute, { ...input, news });
    if (last_used !== null && earliest(one.activity) - last_used >= DAY) this.askFor(drafts, dormantKey, { ...input, last_used });
    return drafts;
  }

  private concernedBy(activity: readonly CallerActivity[]): readonly (typeof eventRules)[number][] {
    return activity.some((group) => group.outcome !== 'authorised' || hasSigns(group)) ? eventRules.filter((rule) => this.isConcerned(rule, activity)) : NO_RULES;
  }

  private isConcerned(rule: (typeof eventRules)[number], activity: readonly CallerActivity[]): boolean {
    try {
      return activity.some((group) => rule.concerns(group));
    } catch (error) {
      this.failed(rule.id, error);
      return false;
    }
  }

  private askAboutObjects(one: KeyCase, looked: LookedAt): FindingDraft[] {
    const settings = this.tuning.settingsOf(objectEnumeration, one);
    return settings === null ? [] : this.ask(objectEnumeration, { ...inputOf(one, one.activity), ...looked, window_minutes: settings.window_minutes });
  }

  private isMaking(one: KeyCase, activity: readonly CallerActivity[]): boolean {
    const settings = this.tuning.settingsOf(suspectMakesCredential, one);
    return settings !== null && activity.some((group) => group.methods.some((method) => mayMake(method, settings)) && made(group, settings).length > 0);
  }

  /** Suspicion may come after the credential was made: when a key becomes suspect, what it did within the day before; else the activity. */
  private async sinceSuspect(one: KeyCase, activity: readonly CallerActivity[], drafts: readonly FindingDraft[], before: readonly KnownFinding[]): Promise<readonly CallerActivity[]> {
    const isNews = drafts.some((draft) => isSuspicious(draft) && !before.some(({ rule_id }) => rule_id === draft.rule_id));
    if (!isNews || this.tuning.settingsOf(suspectMakesCredential, one) === null) return activity;
    const from = earliest(activity) - SUSPECT_FOR_MS;
    return this.activity.ofKey(one.workspace_id, one.key_id, Math.floor(from / MINUTE), lastMinute(activity));
  }

  private async askAboutMaking(one: KeyCase, activity: readonly CallerActivity[], drafts: readonly FindingDraft[], past: KeyPast): Promise<FindingDraft[]> {
    const settings = this.tuning.settingsOf(suspectMakesCredential, one);
    const making = settings === null ? [] : activity.filter((group) => made(group, settings).length > 0);
    if (making.length === 0) return [];
    const suspicions = [
      ...drafts.map(({ rule_id, title, severity, last_seen }) => ({ rule_id, title, severity, at: last_seen })),
      ...await past.suspicions(earliest(making) - SUSPECT_FOR_MS, lastOf(activity)),
    ].filter(isSuspicious);
    return this.ask(suspectMakesCredential, { ...inputOf(one, making), suspicions });
  }

  /** Findings about callers who try keys nobody knows. */
  async judgeCallers(workspace: string, activity: readonly CallerActivity[], goingOn: (from: number) => Promise<readonly KnownFinding[]>): Promise<FindingDraft[]> {
    const refused = activity.filter((group) => group.key_id === '' && group.outcome === 'unauthorised');
    if (refused.length === 0) return [];
    const from = earliest(refused);
    const since = storyStart(from, await goingOn(from));
    const networks = new Set(refused.map((group) => networkOf(group.address)));
    const story = (await this.activity.ofUnknownCredentials(workspace, Math.floor(since / MINUTE), lastMinute(refused)))
      .filter((group) => networks.has(networkOf(group.address)));
    return this.ask(unknownKeyProbing, { activity: story });
  }

  private askAboutKey(one: KeyCase, activity: readonly CallerActivity[], known: readonly KnownNetwork[] | null): readonly FindingDraft[] {
    const { workspace_id, key_id, registered, watched } = one;
    const principal = principalOf(activity);
    const drafts: FindingDraft[] = [];
    this.askFor(drafts, machineCredentialByHand, { workspace_id, key_id, activity });
    for (const verdict of watched.spikes) {
      this.askFor(drafts, rateSpike, {
        workspace_id, key_id, principal, verdict, known_networks: known?.map(({ network }) => network) ?? null, activity: within(activity, verdict),
      });
    }
    if (activity.some(isDenied)) {
      drafts.push(...this.ask(deniedBurst, {
        workspace_id, key_id, principal, minutes: watched.watch.recent, prior: watched.watch.prior, activity,
      }));
    }
    for (const alarm of watched.reach) {
      const input = { workspace_id, key_id, principal, alarm, activity: within(activity, alarm) };
      drafts.push(...this.ask(addressSpike, input), ...this.ask(egressVolume, input));
    }
    const isBurst = drafts.some(({ rule_id }) => rule_id === deniedBurst.id);
    for (const alarm of watched.alarms) {
      const input = { workspace_id, key_id, principal, alarm, activity: within(activity, alarm) };
      drafts.push(...this.ask(rateDrop, input), ...this.ask(errorRate, input), ...(isBurst ? [] : this.ask(deniedRate, input)));
    }
    if (known !== null) {
      drafts.push(...this.ask(firstSeenAddress, {
        workspace_id, key_id, principal, credential_kind: registered?.kind ?? activity[0]?.credential_kind ?? 'unknown',
        key_first_seen: watched.watch.first_seen, known, activity,
      }));
      if (known.length > 0) drafts.push(...this.ask(impossibleTravel, { ...inputOf(one, activity), known }));
    }
    if (registered !== undefined && (registered.revoked_at !== null || registered.expires_at !== null)) {
      drafts.push(...this.ask(revokedKeyUse, {
        workspace_id, principal, activity,
        key: {
          key_id, name: registered.name, revoked_at: registered.revoked_at?.getTime() ?? null, expires_at: registered.expires_at?.getTime() ?? null,
          replaced_by: registered.replaced_by,
        },
      }));
    }
    return strongest(drafts);
  }

  /** null: nothing about networks has to be asked. The key is known from all of them for a while, or is too young for the rule. */
  private networksOf(one: KeyCase): Promise<KnownNetwork[] | null> | null {
    const { activity, watched } = one;
    if (watched.spikes.length === 0) {
      const isYoung = earliest(activity) - watched.watch.first_seen < (this.tuning.settingsOf(firstSeenAddress, one) ?? firstSeenAddress.settings).min_history_hours * HOUR;
      if (isYoung || !this.unsure.has(nameOf(one))) return null;
    }
    return this.knownNetworks(one, nameOf(one));
  }

  private async knownNetworks({ workspace_id, key_id, activity, watched }: KeyCase, key: string): Promise<KnownNetwork[] | null> {
    const from = earliest(activity);
    const met = activity.filter((group) => group.address !== '').map((group) => ({ network: networkOf(group.address), at: group.first_time }));
    let known: KnownNetwork[] | null = null;
    if (met.some(({ network }) => this.networks.firstSeen(key, network) === undefined)) {
      known = this.looked.get(key)?.filter(({ first_seen }) => first_seen < from) ?? await this.activity.knownNetworks(workspace_id, key_id, from);
      for (const { network, first_seen } of known) this.networks.learn(key, network, first_seen);
      for (const { network, at } of met) this.networks.learn(key, network, at);
    }
    const hasNew = met.some(({ network, at }) => (this.networks.firstSeen(key, network) ?? at) > at - NEW_FOR_MS);
    if (!hasNew && watched.spikes.length === 0) return null;
    known ??= await this.activity.knownNetworks(workspace_id, key_id, from);
    return known.filter(({ first_seen }) => first_seen <= from - NEW_FOR_MS);
  }

  /** The same, into a list; most rules find nothing. */
  private askFor<Input extends Asked, Settings>(drafts: FindingDraft[], rule: Rule<Input, Settings>, input: Input): void {
    const found = this.ask(rule, input);
    for (let index = 0; index < found.length; index += 1) drafts.push(found[index]!);
  }

  private ask<Input extends Asked, Settings>(rule: Rule<Input, Settings>, input: Input): FindingDraft[] {
    try {
      const settings = this.tuning.settingsOf(rule, subjectOf(input));
      if (settings === null) return NOTHING;
      const drafts = rule.decide(input, settings);
      return drafts.length === 0 ? NOTHING : this.tuning.kept(drafts);
    } catch (error) {
      return this.failed(rule.id, error);
    }
  }

  private failed(rule: string, error: unknown): FindingDraft[] {
    this.metrics.ruleFailures.inc({ rule });
    this.logger.error(`the rule ${rule} failed`, error instanceof Error ? error.stack : undefined);
    return [];
  }
}

/** What most rules find most of the time. */
const NOTHING: FindingDraft[] = [];
const NO_RULES: readonly (typeof eventRules)[number][] = [];

const isSuspicious = ({ rule_id, severity }: Pick<FindingDraft, 'rule_id' | 'severity'>): boolean =>
  rule_id !== suspectMakesCredential.id && severityRank[severity] >= severityRank.medium;

/** What was asked about what is new. */
interface FirstAsked {
  atOnce: FindingDraft[];
  first: readonly FindingDraft[];
  concerned: readonly (typeof eventRules)[number][];
  isMaking: boolean;
  known: KnownNetwork[] | null;
}

/** What the inputs of all rules have in common. */
interface Asked { workspace_id?: string; key_id?: string; activity?: readonly CallerActivity[] }

const subjectOf = ({ workspace_id, key_id, activity }: Asked) =>
  ({ workspace_id: workspace_id ?? activity?.[0]?.workspace_id ?? '', key_id: key_id ?? activity?.[0]?.key_id ?? '' });

/** Where the story begins: with the findings that may be going on, else a little before what is new. */
const storyStart = (from: number, goingOn: readonly KnownFinding[]): number =>
  Math.max(from - LONGEST_STORY_MS, Math.min(from - LEAD_MS, ...goingOn.map((finding) => finding.first_seen)));
