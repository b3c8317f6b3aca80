import { describe, expect, it } from '@jest/globals';
import { Role, issuedKinds } from '@keytrail/contracts';
import { WorkspaceScope } from '@keytrail/platform';
import { folded, type LiveChange } from './live-change.js';
import { sees, viewOf } from './live-view.js';

const key = (workspace_id: string | null) => ({ type: 'key' as const, workspace_id, kind: 'api_key' as const });
const incident = (workspace_id: string) => ({ type: 'incident' as const, workspace_id, kind: null });

describe('what a listener may see', () => {
  it('is within their workspaces; what belongs to the account is for those who reach all of it', () => {
    const [all, some] = [WorkspaceScope.all, WorkspaceScope.of(['a', 'b'])].map((scope) => viewOf({ role: 'viewer', scope }, {}));
    expect([key('a'), key('c'), key(null), incident('b'), incident('c')].map((mark) => [sees(all!, mark), sees(some!, mark)])).toEqual([[true, true], [true, false], [true, false], [true, true], [true, false]]);
    const narrowed = viewOf({ role: 'viewer', scope: WorkspaceScope.all }, { workspace: 'a' });
    expect([key('a'), key('b'), key(null)].map((mark) => sees(narrowed, mark))).toEqual([true, false, false]);
    const outside = viewOf({ role: 'viewer', scope: WorkspaceScope.of(['a']) }, { workspace: 'b' });
    expect([key('a'), key('b'), incident('b')].map((mark) => sees(outside, mark))).toEqual([false, false, false]);
  });

  it('is what their role reads, and 403 when they ask for more by name', () => {
    const scope = WorkspaceScope.all;
    for (const role of ['viewer', 'responder', 'admin'] as const) expect(viewOf({ role, scope }, {})).toMatchObject({ types: new Set(['incident', 'finding', 'key']), kinds: new Set(issuedKinds) });
    for (const role of Role.options.filter((one) => !['viewer', 'responder', 'admin'].includes(one))) {
      expect(viewOf({ role, scope }, {}).types.size).toBe(0);
      for (const types of ['incident', 'finding', 'key']) expect(() => viewOf({ role, scope }, { types })).toThrow(expect.objectContaining({ status: 403 }));
    }
  });
});

describe('changes that are told together', () => {
  const change = (position: number, type: LiveChange['type'], object_id: string, what: string): LiveChange => ({ position, at: new Date(position), type, object_id, workspace_id: 'a', kind: null, change: what });

  it('are those of one incident or finding, at the place of the latest; what became of keys is told one by one', () => {
    expect(folded([
      change(1, 'incident', 'i', 'opened'), change(2, 'key', 'k', 'created'), change(3, 'finding', 'i', 'found'), change(4, 'incident', 'i', 'grown'), change(5, 'key', 'k', 'revoked'), change(6, 'incident', 'i', 'grown'),
    ]).map(({ position, type, changes }) => [position, type, changes])).toEqual([[2, 'key', ['created']], [3, 'finding', ['found']], [5, 'key', ['revoked']], [6, 'incident', ['opened', 'grown']]]);
  });
});
