import { describe, expect, it } from '@jest/globals';
import { activeAfter } from './read-patch.js';

const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
const patch = (...Operations: unknown[]) => ({ schemas, Operations });

describe('a PatchOp', () => {
  it.each([
    ['with the value in an object', patch({ op: 'replace', value: { active: false } }), 'left'],
    ['with a path and the value as text', patch({ op: 'Replace', path: 'active', value: 'False' }), 'left'],
    ['that adds', patch({ op: 'Add', path: 'Active', value: 'true' }), 'active'],
    ['of which the last word counts', patch({ op: 'replace', path: 'active', value: false }, { op: 'replace', value: { active: true } }), 'active'],
    ['about something else', patch({ op: 'replace', path: 'displayName', value: 'False' }, { op: 'remove', path: 'active' }, { op: 'replace', value: 'x' }, null), undefined],
  ])('%s', (_, content, said) => {
    expect(activeAfter(content)).toBe(said);
  });

  it.each([[{}], [{ Operations: [] }], [{ schemas }], [{ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], Operations: [] }], [patch({ op: 'replace', path: 'active', value: 'perhaps' })], [null]])('is refused when it is none: %j', (content) => {
    expect(() => activeAfter(content)).toThrow(expect.objectContaining({ code: 'invalid_feed' }));
  });
});
