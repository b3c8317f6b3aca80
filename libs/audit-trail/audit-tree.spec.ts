import { randomBytes } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { readHeldCheckpoints, readPublicKeys, verifyConsistency, verifyFile, verifyInclusion, type Yardstick } from '@keytrail/audit-proof';
import type { AuditExportQuery } from '@keytrail/contracts';
import { FixedClock, Secrets, WorkspaceScope, type Caller } from '@keytrail/platform';
import { Database, type PostgresLocation } from '@keytrail/postgres';
import { createPostgresDatabase, describeWithPostgres } from '../../test/support/postgres.js';
import { createTempDir, type TempDir } from '../../test/support/temp-dir.js';
import { AuditExport } from './audit-export.service.js';
import { AuditProofs } from './audit-proofs.service.js';
import { AuditTrail } from './audit-trail.store.js';
import { Checkpoints } from './checkpoints.service.js';
import { Signing } from './signing.service.js';

const caller: Caller = { actor: 'token:auditor', address: '192.0.2.1', request_id: 'req-1', name: 'auditor', role: 'admin', scope: WorkspaceScope.all };
const masterKey = randomBytes(32);
const MINUTE = 60_000;

/** A process that writes and signs, on a database that others may share. */
async function openProcess(location: PostgresLocation, clock: FixedClock) {
  const database = await Database.open(location);
  const signing = new Signing(new Secrets(masterKey));
  const trail = new AuditTrail(database, clock);
  const checkpoints = new Checkpoints(database, clock, signing);
  const exports = new AuditExport(database, trail, checkpoints, signing, clock);
  const write = (object_id: string, executor: Parameters<AuditTrail['record']>[0] = database) =>
    trail.record(executor, caller, { action: 'thing.made', object_type: 'thing', object_id, workspace_id: 'default', reason: 'why', detail: { n: 0.1, text: 'ü' } });
  const exported = async (query: AuditExportQuery = {}) => {
    let text = '';
    for await (const chunk of await exports.start(caller, query)) text += chunk;
    return text;
  };
  const yardstick = async (held = ''): Promise<Yardstick> => {
    const keys = await readPublicKeys(JSON.stringify((await signing.key()).public));
    return { keys, held: await readHeldCheckpoints(held, keys) };
  };
  const verify = async (text: string, held = '') => verifyFile([Buffer.from(text)], await yardstick(held));
  /** In one go as who may do everything in the database: no trigger speaks. */
  const behindTriggers = async (change: string) => {
    const tables = ['audit_entries', 'audit_leaves', 'audit_tree_nodes', 'audit_checkpoints', 'audit_unsequenced'];
    for (const table of tables) await sql.raw(`ALTER TABLE ${table} DISABLE TRIGGER ALL`).execute(database);
    for (const statement of change.split(';')) await sql.raw(statement).execute(database);
    for (const table of tables) await sql.raw(`ALTER TABLE ${table} ENABLE TRIGGER ALL`).execute(database);
  };
  return { database, trail, checkpoints, proofs: new AuditProofs(database, checkpoints), write, exported, verify, behindTriggers };
}

type Process = Awaited<ReturnType<typeof openProcess>>;

/** `thorough`: also what needs a new database each time, which an embedded one takes seconds for, and does not depend on where it is. */
function expectTree(location: () => Promise<{ at: PostgresLocation; remove(): Promise<void> }>, thorough: boolean): void {
  let place: Awaited<ReturnType<typeof location>>;
  let clock: FixedClock;
  let one: Process;
  beforeEach(async () => {
    clock = new FixedClock(Date.UTC(2026, 2, 1));
    place = await location();
    one = await openProcess(place.at, clock);
  });
  afterEach(async () => {
    await one?.database.destroy();
    await place?.remove();
  });

  /** Entries and checkpoints as they come: 12 entries, 4 checkpoints. */
  const fill = async () => {
    for (const count of [3, 0, 4, 5]) {
      for (let index = 0; index < count; index += 1) await one.write(`thing-${index}`);
      clock.advance(MINUTE);
      await one.checkpoints.sign();
    }
  };

  it('signs when a minute has passed, also when nothing happened, and never twice in one', async () => {
    const first = await one.checkpoints.signWhenDue(MINUTE);
    expect(first.body).toEqual({ number: 0, size: 0, root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', at: '2026-03-01T00:00:00.000Z' });
    clock.advance(MINUTE - 1);
    expect(await one.checkpoints.signWhenDue(MINUTE)).toEqual(first);
    clock.advance(1);
    expect((await one.checkpoints.signWhenDue(MINUTE)).body).toEqual({ ...first.body, number: 1, at: '2026-03-01T00:01:00.000Z' });
    await one.write('a');
    clock.advance(MINUTE);
    expect((await one.checkpoints.signWhenDue(MINUTE)).body).toMatchObject({ number: 2, size: 1 });
  });

  it('exports all there is, itself included, and every range of it, so that it verifies', async () => {
    await fill();
    const text = await one.exported();
    expect(await one.verify(text)).toMatchObject({ outcome: 'whole', notes: [expect.stringMatching(/^13 entries, 0 up to 13, .* checkpoints 0 to 4 fit$/), expect.anything(), expect.anything(), expect.anything()] });
    expect(text).toContain('"action":"audit_trail.exported"');
    for (const query of [{ from_index: 1 }, { from_index: 7 }, { from_index: 13 }, { from: '2026-03-01T00:02:00Z' }, { to: '2026-03-01T00:02:30Z' }, { from: '2026-03-01T00:01:30Z', to: '2026-03-01T00:03:00Z' }]) {
      expect([query, await one.verify(await one.exported(query))]).toEqual([query, expect.objectContaining({ outcome: 'whole', problems: [] })]);
    }
    await expect(one.exported({ from_index: 99 })).rejects.toMatchObject({ code: 'empty_range' });
    await expect(one.exported({ from_index: 9, to: '2026-03-01T00:01:00Z' })).rejects.toMatchObject({ code: 'empty_range' });
  });

  it('proves every entry, and every size the beginning of every later one', async () => {
    await fill();
    const { body } = await one.checkpoints.latest();
    const root = Buffer.from(body.root, 'hex');
    for (const { entry_id } of (await one.trail.list(WorkspaceScope.all, { limit: 100 })).data) {
      const { index, leaf_hash, path } = await one.proofs.ofEntry(WorkspaceScope.all, entry_id);
      expect(verifyInclusion({ hash: Buffer.from(leaf_hash, 'hex'), index }, { size: body.size, root }, path.map((hash) => Buffer.from(hash, 'hex')))).toBe(true);
    }
    const { data } = await one.checkpoints.list({ limit: 100 });
    for (const { body: first } of data) {
      const { path } = await one.proofs.ofConsistency({ first: first.size, second: body.size });
      expect(verifyConsistency({ size: first.size, root: Buffer.from(first.root, 'hex') }, { size: body.size, root }, path.map((hash) => Buffer.from(hash, 'hex')))).toBe(true);
    }
    await expect(one.proofs.ofConsistency({ first: 0, second: 13 })).rejects.toMatchObject({ code: 'no_such_size' });
    await one.write('late');
    const [late] = (await one.trail.list(WorkspaceScope.all, { limit: 1 })).data;
    await expect(one.proofs.ofEntry(WorkspaceScope.all, late!.entry_id)).rejects.toMatchObject({ code: 'entry_not_in_tree' });
    await expect(one.proofs.ofEntry(WorkspaceScope.of(['other']), 1)).rejects.toMatchObject({ code: 'not_found' });
  });

  if (!thorough) return;

  it('gives entries that wait a place, however many', async () => {
    await sql`INSERT INTO audit_entries (at, actor, actor_address, action, object_type, object_id, request_id, detail)
      SELECT now(), 'a', '', 'x', 'y', n::text, '', '{}' FROM generate_series(1, 11000) n`.execute(one.database);
    expect((await one.checkpoints.sign()).body).toMatchObject({ number: 2, size: 11_000 });
    expect((await one.verify(await one.exported({ from_index: 4_000 }))).outcome).toBe('whole');
  }, 120_000);

  it('refuses changes of the tree and the checkpoints', async () => {
    await fill();
    for (const table of ['audit_entries', 'audit_leaves', 'audit_tree_nodes', 'audit_checkpoints', 'audit_signing_keys']) {
      for (const change of [`DELETE FROM ${table}`, `TRUNCATE ${table} CASCADE`]) await expect(sql.raw(change).execute(one.database)).rejects.toThrow('append-only');
    }
    await expect(sql`UPDATE audit_checkpoints SET size = 1`.execute(one.database)).rejects.toThrow('append-only');
  });

  const sixth = 'entry_id = (SELECT entry_id FROM audit_leaves WHERE leaf_index = 5)';
  it.each([
    ['an edited entry', `UPDATE audit_entries SET actor = 'somebody' WHERE ${sixth}`, /entry 5 of the tree \(entry_id \d+\) is not what was recorded/],
    ['an edited detail', `UPDATE audit_entries SET detail = jsonb_set(detail, '{n}', '0.2') WHERE ${sixth}`, /entry 5 of the tree .* is not what was recorded/],
    ['an edited time', `UPDATE audit_entries SET at = at + interval '1 millisecond' WHERE ${sixth}`, /entry 5 of the tree .* is not what was recorded/],
    ['a deleted entry', `DELETE FROM audit_entries WHERE ${sixth}`, /entry 5 of the tree is gone from the database/],
    ['a deleted leaf', 'DELETE FROM audit_leaves WHERE leaf_index = 5', /entry 5 of the tree is missing: entry 6 of the tree follows/],
    ['two leaves that changed places', 'UPDATE audit_leaves SET leaf_index = 100 WHERE leaf_index = 5; UPDATE audit_leaves SET leaf_index = 5 WHERE leaf_index = 6; UPDATE audit_leaves SET leaf_index = 6 WHERE leaf_index = 100', /entry 5 of the tree .* is not what was recorded/],
    ['a changed node', 'UPDATE audit_tree_nodes SET hash = repeat(\'0\', 64) WHERE level = 0 AND position = 5', /entry 5 of the tree .* is not what was recorded/],
    ['a deleted checkpoint', 'DELETE FROM audit_checkpoints WHERE number = 1', /checkpoint 2 stands where checkpoint 1 belongs/],
    ['an edited checkpoint', 'UPDATE audit_checkpoints SET at = now() WHERE number = 1', /checkpoint 1 is not to be believed: its signature/],
  ])('shows %s, done behind the triggers', async (_name, change, problem) => {
    await fill();
    await one.behindTriggers(change);
    const { outcome, problems } = await one.verify(await one.exported());
    expect(outcome).toBe('tampered');
    expect(problems[0]).toMatch(problem);
  });

  it('shows an end that was cut off, by a checkpoint that was kept; nothing is signed on a tree that does not fit its checkpoint', async () => {
    await fill();
    const held = JSON.stringify(await one.checkpoints.latest());
    await one.behindTriggers('DELETE FROM audit_leaves WHERE leaf_index > 9; DELETE FROM audit_tree_nodes WHERE level = 0 AND position > 9; DELETE FROM audit_entries WHERE entry_id > 10');
    await expect(one.checkpoints.sign()).rejects.toThrow('the audit trail was tampered with: its tree has 10 leaves, the last checkpoint 12');
    expect((await one.verify(await one.exported())).problems[0]).toMatch(/entries 10 to 11 of the tree are missing/);
    // Thorough: back to where an earlier checkpoint was true. What goes on from there is signed, and only a kept checkpoint tells.
    await one.behindTriggers('DELETE FROM audit_checkpoints WHERE number > 2; DELETE FROM audit_leaves WHERE leaf_index > 6; DELETE FROM audit_tree_nodes WHERE (position + 1) * 2 ^ level > 7; DELETE FROM audit_unsequenced; DELETE FROM audit_entries WHERE entry_id > 7');
    clock.advance(MINUTE);
    const text = await one.exported();
    expect((await one.verify(text)).outcome).toBe('whole');
    expect((await one.verify(text, held)).problems[0]).toMatch(/checkpoint 3 is not the one you hold: the record was written anew/);
  });

  it('refuses to sign on a checkpoint that somebody else wrote', async () => {
    await fill();
    await one.behindTriggers('UPDATE audit_checkpoints SET size = 10 WHERE number = 3; DELETE FROM audit_leaves WHERE leaf_index > 9');
    await expect(one.checkpoints.sign()).rejects.toThrow('checkpoint 3 is not to be believed');
  });
}

describe('the tree in the embedded database', () => {
  // Made once: creating one takes seconds, a copy does not.
  let empty: TempDir;
  beforeAll(async () => {
    empty = await createTempDir();
    await (await Database.open({ directory: join(empty.path, 'postgres') })).destroy();
  });
  afterAll(() => empty?.remove());

  expectTree(async () => {
    const directory = await createTempDir();
    await cp(join(empty.path, 'postgres'), directory.path, { recursive: true });
    return { at: { directory: directory.path }, remove: () => directory.remove() };
  }, false);
});

describeWithPostgres('the tree in a Postgres server', () => {
  expectTree(async () => {
    const database = await createPostgresDatabase();
    return { at: { url: database.url }, remove: () => database.drop() };
  }, true);

  describe('that several processes share', () => {
    let undo: (() => Promise<unknown>)[];
    let processes: Process[];
    let clock: FixedClock;
    beforeEach(async () => {
      const server = await createPostgresDatabase();
      undo = [() => server.drop()];
      clock = new FixedClock(Date.UTC(2026, 2, 1));
      processes = [];
      for (let index = 0; index < 3; index += 1) {
        const opened = await openProcess({ url: server.url }, clock);
        processes.push(opened);
        undo.push(() => opened.database.destroy());
      }
    });
    afterEach(async () => {
      for (const step of undo.reverse()) await step();
    });

    const places = async () => (await processes[0]!.database.selectFrom('audit_leaves').selectAll().orderBy('leaf_index').execute()).map(({ entry_id }) => entry_id);

    it('gives places in the order of commits, without a gap, though ids come late or never', async () => {
      const [one] = processes as [Process];
      let commit: () => void = () => undefined;
      let written: () => void = () => undefined;
      const isWritten = new Promise<void>((resolve) => { written = resolve; });
      const slow = one.database.transaction().execute(async (transaction) => {
        await one.write('slow', transaction); // entry 1
        written();
        await new Promise<void>((resolve) => { commit = resolve; });
      });
      await isWritten;
      await expect(one.database.transaction().execute(async (transaction) => {
        await one.write('lost', transaction); // entry 2
        throw new Error('no');
      })).rejects.toThrow('no');
      await one.write('quick'); // entry 3
      expect((await one.checkpoints.sign()).body.size).toBe(1);
      commit();
      await slow;
      expect((await one.checkpoints.sign()).body.size).toBe(2);
      expect(await places()).toEqual([3, 1]);
      expect((await one.verify(await one.exported())).outcome).toBe('whole');
    });

    it('holds every committed entry once, whoever writes, gives up and signs at the same time', async () => {
      const writing = new Set(Array.from({ length: 6 }, (_, writer) => writer));
      const kept: string[] = [];
      const writers = [...writing].map(async (writer) => {
        const process = processes[writer % processes.length]!;
        for (let index = 0; index < 40; index += 1) {
          const fails = (writer + index) % 5 === 0;
          const name = `${writer}-${index}`;
          await process.database.transaction().execute(async (transaction) => {
            await process.write(name, transaction);
            await sql`SELECT pg_sleep(random() / 200)`.execute(transaction);
            if (fails) throw new Error('given up');
          }).then(() => kept.push(name), () => undefined);
        }
        writing.delete(writer);
      });
      const signers = processes.map(async ({ checkpoints }) => {
        while (writing.size > 0) await checkpoints.sign();
      });
      await Promise.all([...writers, ...signers]);
      const { body } = await processes[0]!.checkpoints.sign();
      expect(body.size).toBe(kept.length);
      expect(kept).toHaveLength(192);
      const checkpoints = await processes[0]!.database.selectFrom('audit_checkpoints').select('number').orderBy('number').execute();
      expect(checkpoints.map(({ number }) => number)).toEqual(checkpoints.map((_, index) => index));
      const text = await processes[1]!.exported();
      expect(await processes[1]!.verify(text)).toMatchObject({ outcome: 'whole', problems: [] });
      const objects = text.split('\n').filter((line) => line.includes('"action":"thing.made"')).map((line) => (JSON.parse(line) as { entry: { object_id: string } }).entry.object_id);
      expect(objects.sort()).toEqual(kept.sort());
    }, 120_000);

    it('is signed once a minute, however many processes look', async () => {
      for (let minute = 1; minute <= 5; minute += 1) {
        clock.advance(MINUTE);
        const seen = await Promise.all([...processes, ...processes].map(({ checkpoints }) => checkpoints.signWhenDue(MINUTE)));
        expect(new Set(seen.map(({ body }) => body.number))).toEqual(new Set([minute - 1]));
      }
      expect((await processes[0]!.checkpoints.list({ limit: 100 })).data).toHaveLength(5);
    });
  });
});
