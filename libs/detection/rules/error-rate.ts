import type { Rule } from '../types.js';
import { plural } from './activity.js';
import { findingOf, type AlarmInput } from './alarm-finding.js';
import { figure } from './figures.js';

export const errorRate: Rule<AlarmInput, object> = {
  id: 'error-rate',
  title: 'Far more of this key\'s calls fail than usual',
  severity: 'low',
  fires: 'calls of a key that fail (outcome error) are at least 5 in 1, 2, 5, 15 or 60 minutes, twice its usual share, and far beyond how its failures scatter',
  why: 'Whoever tries out what a key can do sends what no client of its owner would send; and a broken deploy looks the same.',
  response: 'See which routes fail and from where. From the usual callers it is a matter for the owner; from others, look at what they tried.',
  false_positives: 'An outage of the service behind the gateway: then many keys have the finding at once.',
  attack: null,
  fields: ['key_id', 'status or outcome'],
  incident: 'apart',
  settings: {},
  decide: (input) => findingOf(errorRate, 'errors', input, ({ outcome }) => outcome === 'error', ({ seen, expected, window_minutes }) =>
    `${figure(seen)} failed calls in ${plural(window_minutes, 'minute')} where ${figure(expected)} were expected`),
};
