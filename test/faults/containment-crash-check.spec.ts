import { describe, expect, it } from '@jest/globals';
import { violations, type ContainmentSeen, type KeySeen, type Remains } from './containment-crash-check.js';

const key = (key_id: string, fields: Partial<KeySeen> = {}): KeySeen => ({ key_id, kind: 'api_key', state: 'active', replaces: null, replaced_by: null, ...fields });
const containment = (fields: Partial<ContainmentSeen> = {}): ContainmentSeen =>
  ({ containment_id: 'con', action: 'revoke_and_replace', state: 'contained', key_id: 'old', successor_id: 'new', overlap_ends_at: null, ...fields });
const entries = (...lines: [string, ...string[]][]) => new Map(lines.map(([id, ...actions]) => [id, actions]));

const old = key('old', { state: 'revoked', replaced_by: 'new' });
const fresh = key('new', { replaces: 'old' });
const written = entries(['old', 'api_key.created', 'api_key.revoked'], ['new', 'api_key.created'], ['con', 'containment.started']);
const contained: Remains = { keys: [old, fresh], containments: [containment()], entries: written };
const overlap: Remains = {
  keys: [key('old'), fresh], containments: [containment({ action: 'rotate', state: 'overlap', overlap_ends_at: 'later' })],
  entries: entries(['old', 'api_key.created'], ['new', 'api_key.created'], ['con', 'containment.started']),
};
const cancelled: Remains = {
  keys: [key('old'), { ...fresh, state: 'revoked' }], containments: [containment({ action: 'rotate', state: 'cancelled', overlap_ends_at: 'later' })],
  entries: entries(['old', 'api_key.created'], ['new', 'api_key.created', 'api_key.revoked'], ['con', 'containment.started', 'containment.cancelled']),
};
const completed: Remains = {
  ...contained, containments: [containment({ action: 'rotate', overlap_ends_at: 'earlier' })],
  entries: new Map([...written, ['con', ['containment.started', 'containment.completed']]]),
};

describe('what a killed process may leave behind', () => {
  it.each([
    ['nothing done', { keys: [key('old')], containments: [], entries: entries(['old', 'api_key.created']) }], ['all done', contained], ['two living keys', overlap],
    ['a cancellation', cancelled], ['a completion', completed],
    ['a plain revocation', { keys: [key('old', { state: 'revoked' })], containments: [containment({ action: 'revoke', successor_id: null })], entries: entries(['old', 'api_key.created', 'api_key.revoked'], ['con', 'containment.started']) }],
  ] as [string, Remains][])('%s is whole', (_, remains) => {
    expect(violations(remains)).toEqual([]);
  });

  it.each([
    ['a revoked key without its successor', { ...contained, keys: [old] }],
    ['a successor while the old key lives, contained', { ...contained, keys: [key('old'), fresh] }],
    ['a revoked key of which no containment knows', { ...contained, keys: [old], containments: [] }],
    ['a successor of which no containment knows', { ...overlap, containments: [] }],
    ['a revoked key that does not name its successor', { ...contained, keys: [{ ...old, replaced_by: null }, fresh] }],
    ['a replaced key that lives', { ...overlap, keys: [key('old', { replaced_by: 'new' }), fresh] }],
    ['an overlap with a dead successor', { ...overlap, keys: [key('old'), { ...fresh, state: 'revoked' as const }] }],
    ['a cancellation with a living successor', { ...cancelled, keys: [key('old'), fresh] }],
    ['two containments of one key', { ...contained, containments: [containment(), containment({ containment_id: 'con2' })] }],
    ['two living successors', { ...contained, keys: [old, fresh, key('new2', { replaces: 'old' })] }],
    ['a revocation that nobody wrote down', { ...contained, entries: new Map([...written, ['old', ['api_key.created']]]) }],
    ['an issue that nobody wrote down', { ...contained, entries: new Map([...written, ['new', []]]) }],
    ['an entry of a revocation that was not', { ...overlap, entries: new Map([...overlap.entries, ['old', ['api_key.created', 'api_key.revoked']]]) }],
    ['an entry twice', { ...contained, entries: new Map([...written, ['old', ['api_key.created', 'api_key.revoked', 'api_key.revoked']]]) }],
    ['a containment that nobody wrote down', { ...contained, entries: new Map([...written, ['con', []]]) }],
    ['a completion that nobody wrote down', { ...completed, entries: written }],
  ] as [string, Remains][])('%s is found out', (_, remains) => {
    expect(violations(remains)).not.toEqual([]);
  });
});
