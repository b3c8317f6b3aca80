import type { Rule } from '../types.js';
import { isDenied, plural } from './activity.js';
import { findingOf, type AlarmInput } from './alarm-finding.js';
import { figure } from './figures.js';

export const deniedRate: Rule<AlarmInput, object> = {
  id: 'denied-rate',
  title: 'More of this key\'s calls are refused than usual',
  severity: 'medium',
  fires: 'refused calls of a key (401, 403) are at least 5 in 1, 2, 5, 15 or 60 minutes, twice its usual share, and far beyond how they scatter; where denied-burst does not say so already',
  why: 'Someone who tries what a key opens may be patient: too slow for a burst, but never so for the key itself.',
  response: 'See which routes were refused and from where. If the owner did not change a deployment or a scope, revoke and replace the key.',
  false_positives: 'A deployment that lacks a scope: all refused calls come from the usual callers.',
  attack: 'T1526 Cloud Service Discovery',
  fields: ['key_id', 'status or outcome'],
  incident: 'joins',
  settings: {},
  decide: (input) => findingOf(deniedRate, 'denied', input, isDenied, ({ seen, expected, window_minutes }) =>
    `${figure(seen)} refused calls in ${plural(window_minutes, 'minute')} where ${figure(expected)} were expected`),
};
