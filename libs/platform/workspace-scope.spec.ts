import { describe, expect, it } from '@jest/globals';
import { WorkspaceScope } from './workspace-scope.js';

describe('WorkspaceScope', () => {
  const scope = WorkspaceScope.of(['a', 'b']);

  it('narrows a query to what it may see', () => {
    expect(scope.narrow()).toEqual(['a', 'b']);
    expect(scope.narrow('a')).toEqual(['a']);
    expect(scope.narrow('c')).toEqual([]);
    expect(WorkspaceScope.all.narrow()).toBeNull();
    expect(WorkspaceScope.all.narrow('c')).toEqual(['c']);
    expect(WorkspaceScope.of([]).narrow()).toEqual([]);
  });

  it('says 404, not 403, for what lies outside', () => {
    expect(() => scope.assertAllows('c')).toThrow(expect.objectContaining({ status: 404 }));
  });

  it('holds no wider scope than itself', () => {
    expect(scope.contains(['a'])).toBe(true);
    expect(scope.contains(['a', 'c'])).toBe(false);
    expect(scope.contains(null)).toBe(false);
    expect(WorkspaceScope.all.contains(null)).toBe(true);
  });
});
