import type { Rule } from '../types.js';
import { plural } from './activity.js';
import { findingOf, type AlarmInput } from './alarm-finding.js';
import { figure } from './figures.js';

export const rateDrop: Rule<AlarmInput, object> = {
  id: 'rate-drop',
  title: 'Far fewer requests than this key makes at this hour',
  severity: 'low',
  fires: 'requests of a key lie far below the least it makes at this hour of the week: over 15 or 60 minutes, or nearly none where silence of minutes is no chance',
  why: 'A key that falls silent was revoked, replaced, broken by a deploy, or cut off: its owner may not know yet.',
  response: 'Ask the owner whether the service still runs, and look whether the key was revoked or replaced a moment before.',
  false_positives: 'A holiday, or maintenance that was not announced. A key that stops for good is told of once.',
  attack: null,
  fields: ['key_id', 'time'],
  incident: 'apart',
  settings: {},
  decide: (input) => findingOf(rateDrop, 'drop', { ...input, activity: [] }, () => false, ({ seen, expected, window_minutes }) =>
    `${plural(seen, 'request')} in ${plural(window_minutes, 'minute')} where at least ${figure(expected)} were expected`),
};
