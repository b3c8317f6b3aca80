import { describe, expect, it } from '@jest/globals';
import type { RoleRule } from '@keytrail/platform';
import { roleOf } from './role-of.js';

const rule = (value: string, role: RoleRule['role'], workspaces: string[] | null = null): RoleRule => ({ value, role, workspaces });

describe('roleOf', () => {
  it.each([
    ['a list', { groups: ['a', 'soc'] }], ['a text', { groups: 'soc' }], ['a list with things that are no text', { groups: [1, null, 'soc'] }],
  ])('finds the role in %s', (_, claims) => {
    expect(roleOf(claims, 'groups', [rule('soc', 'responder')])).toEqual({ role: 'responder', workspaces: null });
  });

  it('takes the highest role that fits, in the workspaces of the rules that give it', () => {
    const rules = [rule('all', 'viewer'), rule('shop', 'responder', ['shop']), rule('pay', 'responder', ['pay', 'shop'])];
    expect(roleOf({ groups: ['pay', 'all', 'shop'] }, 'groups', rules)).toEqual({ role: 'responder', workspaces: ['shop', 'pay'] });
    expect(roleOf({ groups: ['all'] }, 'groups', rules)).toEqual({ role: 'viewer', workspaces: null });
    expect(roleOf({ groups: ['shop', 'x'] }, 'groups', [...rules, rule('x', 'responder')])).toEqual({ role: 'responder', workspaces: null });
  });

  it('reads a claim by its whole name before it reads it as a path', () => {
    const rules = [rule('a', 'admin')];
    expect(roleOf({ 'https://x.example/roles': ['a'] }, 'https://x.example/roles', rules)).toBeDefined();
    expect(roleOf({ realm_access: { roles: ['a'] } }, 'realm_access.roles', rules)).toBeDefined();
    expect(roleOf({ 'realm_access.roles': ['b'], realm_access: { roles: ['a'] } }, 'realm_access.roles', rules)).toBeUndefined();
  });

  it.each([
    ['no claim', {}], ['an empty list', { groups: [] }], ['another group', { groups: ['socx'] }], ['another case', { groups: ['SOC'] }], ['an object', { groups: { soc: true } }],
    ['a number', { groups: 1 }], ['nothing', { groups: null }],
  ])('gives nothing for %s', (_, claims) => {
    expect(roleOf(claims, 'groups', [rule('soc', 'admin')])).toBeUndefined();
  });

  it('reads nothing that objects bring along', () => {
    expect(roleOf({}, 'constructor.name', [rule('Object', 'admin')])).toBeUndefined();
    expect(roleOf({}, '__proto__.x', [rule('x', 'admin')])).toBeUndefined();
  });
});
