import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FixedClock, WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { createTempDir, type TempDir } from '../../test/support/temp-dir.js';
import { AuditTrail } from './audit-trail.store.js';

const actor = { actor: 'token:t', address: '192.0.2.1', request_id: 'req-1' };
const now = Date.UTC(2026, 2, 1);

describe('AuditTrail', () => {
  let directory: TempDir;
  let database: Database;
  let trail: AuditTrail;
  beforeAll(async () => {
    directory = await createTempDir();
    database = await Database.open({ directory: directory.path });
    trail = new AuditTrail(database, new FixedClock(now));
    for (const workspace_id of ['ours', 'theirs', null]) {
      for (const object_id of ['a', 'b', 'c']) {
        await trail.record(database, actor, { action: 'thing.made', object_type: 'thing', object_id, workspace_id, reason: 'why', detail: { n: 1 } });
      }
    }
  });
  afterAll(async () => {
    await database.destroy();
    await directory.remove();
  });

  const list = (scope: WorkspaceScope, query: object = {}) => trail.list(scope, { limit: 100, ...query });

  it('keeps who, from where, when, what and why', async () => {
    const { data } = await list(WorkspaceScope.all, { limit: 1 });
    expect(data).toEqual([{
      entry_id: expect.any(Number), at: new Date(now).toISOString(), actor: 'token:t', actor_address: '192.0.2.1', request_id: 'req-1', action: 'thing.made',
      object_type: 'thing', object_id: 'c', workspace_id: null, reason: 'why', detail: { n: 1 },
    }]);
  });

  it('keeps nothing of a change that was rolled back', async () => {
    await expect(database.transaction().execute(async (transaction) => {
      await trail.record(transaction, actor, { action: 'thing.lost', object_type: 'thing', object_id: 'lost', workspace_id: null });
      throw new Error('no');
    })).rejects.toThrow('no');
    expect((await list(WorkspaceScope.all, { object_id: 'lost' })).data).toEqual([]);
  });

  it('shows a scoped caller the entries of its workspaces only; those of the account are for callers of all', async () => {
    const ours = WorkspaceScope.of(['ours']);
    expect((await list(WorkspaceScope.all)).data).toHaveLength(9);
    expect((await list(ours)).data.map(({ workspace_id }) => workspace_id)).toEqual(['ours', 'ours', 'ours']);
    expect((await list(ours, { workspace: 'theirs' })).data).toEqual([]);
    expect((await list(ours, { object_id: 'a' })).data).toHaveLength(1);
    expect((await list(WorkspaceScope.of([]))).data).toEqual([]);
  });

  it('pages newest first, each entry once', async () => {
    const seen: number[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await list(WorkspaceScope.all, { limit: 4, ...(cursor && { cursor }) });
      seen.push(...page.data.map(({ entry_id }) => entry_id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen).toHaveLength(9);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => b - a));
  });
});
