import type { CallerActivity, EventRule, KeyInput } from '../types.js';
import { distinct, plural, requestsOf } from './activity.js';
import { keyDraft, named, signsNamed } from './draft.js';
import { runsOf } from './windows.js';

export interface TenantMismatchSettings {
  window_minutes: number;
  min_requests: number;
  /** Distinct tenants asked for: from here on somebody tries one after the other. */
  high_tenants: number;
}

export const tenantMismatch: EventRule<KeyInput, TenantMismatchSettings> = {
  id: 'tenant-mismatch',
  title: 'Calls for another tenant than the token\'s',
  severity: 'medium',
  fires: 'within 10 minutes 5 or more calls of a key were refused (403) because the token is of another tenant than the call; high from 3 tenants on',
  why: 'A token of one customer is used to ask for the data of another.',
  response: 'See whose token it is and what it asked for. If calls for other tenants ever succeeded, look at the check itself.',
  false_positives: 'A client that mixes up its own tenants after a change: always the same pair of tenants, from its usual addresses.',
  attack: 'T1190 Exploit Public-Facing Application',
  fields: ['key_id', 'tenant', 'attributes.jwt_tenant (absent = default) or the refusal reason tenant_mismatch', 'status or outcome'],
  incident: 'opens',
  settings: { window_minutes: 10, min_requests: 5, high_tenants: 3 },
  concerns: (group) => group.outcome === 'forbidden' && signsNamed(group, 'tenants').length > 0,
  decide(input, settings) {
    const refused = input.activity.filter(tenantMismatch.concerns);
    return runsOf(refused, settings.window_minutes, (window) => (requestsOf(window) >= settings.min_requests ? requestsOf(window) : 0)).map((run) => {
      const asked = askedFor(run.items);
      return keyDraft(tenantMismatch, input, run.items, {
        severity: asked.length >= settings.high_tenants ? 'high' : 'medium',
        summary: `${plural(requestsOf(run.items), 'call')} for ${plural(asked.length, 'tenant')} that the token is not of (${named(pairs(run.items))}) were refused`,
        counts: { tenants: asked.length }, evidence: { window_minutes: settings.window_minutes, seen: run.score },
      });
    });
  },
};

const pairs = (groups: readonly CallerActivity[]): string[] => distinct(groups.flatMap((group) => signsNamed(group, 'tenants')));
const askedFor = (groups: readonly CallerActivity[]): string[] => distinct(pairs(groups).map((pair) => pair.split(' > ')[1] ?? ''));
