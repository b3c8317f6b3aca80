import type { RuntimesAtOnce } from '../habits.js';
import type { KeyInput, Rule } from '../types.js';
import { plural } from './activity.js';
import { keyDraft, named } from './draft.js';

export interface KeySharedInput extends KeyInput {
  /** Services that used the key within the hour, each from networks of its own. */
  runtimes: RuntimesAtOnce;
}

export interface KeySharedSettings { min_runtimes: number }

export const keyShared: Rule<KeySharedInput, KeySharedSettings> = {
  id: 'key-shared',
  title: 'One key shared by several services',
  severity: 'low',
  fires: 'two or more services, by the runtime that the log names or else by the product of their user agents, used one key within an hour, each from another network',
  why: 'Nobody can say which of them did something, a leak in one is a leak in all, and replacing the key means to change all of them at once.',
  response: 'Give each service a key of its own, and revoke the shared one when nobody uses it any more.',
  false_positives: 'One program that calls itself by several names. HTTP libraries (curl, okhttp, python-requests and their like) are not taken for services.',
  attack: null,
  fields: ['key_id', 'attributes.runtime or user_agent', 'address'],
  incident: 'apart',
  lasting: true,
  settings: { min_runtimes: 2 },
  decide(input, settings) {
    if (input.runtimes.length < settings.min_runtimes || input.key?.kind === 'public_key') return [];
    if (input.activity.length === 0 || input.activity.some(({ credential_kind }) => credential_kind === 'user' || credential_kind === 'role')) return [];
    const names = input.runtimes.map(({ name }) => name).sort();
    return [keyDraft(keyShared, input, input.activity, {
      summary: `${plural(names.length, 'service')} used the key within an hour, each from another network: ${named(names)}`,
      counts: { services: names.length },
    })];
  },
};
