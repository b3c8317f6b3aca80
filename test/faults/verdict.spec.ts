import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { COULD_NOT_RUN, MISMATCH, OK, verdictOf } from '../../scripts/fault-verdict.mjs';

const campaign = (fields: object = {}) => ({
  part: 'campaign', stores: 'servers', kinds: { 'kill -9': 3, SIGTERM: 1 }, rows: 100, missing: 0, doubled: 0, rollup_mismatches: 0, examples: [], ...fields,
});
const control = (fields: object = {}) => ({ part: 'control', stores: 'servers', control_failed: true, ...fields });
const asked = { stores: ['servers'], finished: true };
const notRun = { could_not_run: 'no broker' };

describe('how a fault campaign ends', () => {
  it('0 when all agrees and the control was found out', () => {
    expect(verdictOf([campaign(), control()], asked)).toEqual({
      code: OK, reasons: [],
      outcome: { kills: 4, kinds: { 'kill -9': 3, SIGTERM: 1 }, rows: 100, missing: 0, doubled: 0, rollup_mismatches: 0, control_failed: true },
    });
  });

  it.each<[string, object[], boolean]>([
    ['something is missing', [campaign({ missing: 1 }), control()], false],
    ['something is doubled', [campaign({ doubled: 1 }), control()], false],
    ['a rollup cell is off', [campaign({ rollup_mismatches: 1 }), control()], false],
    ['nothing was stored any more after a fault', [campaign({ stuck: 'no progress' }), control()], false],
    ['the control was not found out', [campaign(), control({ control_failed: false })], false],
    ['something is missing and the control could not run', [campaign({ missing: 1 }), control(notRun)], false],
    ['something is missing, and the run did not end well because of it', [campaign({ missing: 1 }), control()], true],
  ])('1 when %s', (_what, parts, failed) => {
    const { code, reasons } = verdictOf(parts, { ...asked, finished: !failed });
    expect(code).toBe(MISMATCH);
    expect(reasons.length).toBeGreaterThan(0);
  });

  it.each<[string, object[], string[], boolean]>([
    ['nothing was reported', [], ['servers'], false],
    ['the campaign could not run', [campaign(notRun), control()], ['servers'], true],
    ['the control could not run', [campaign(), control(notRun)], ['servers'], true],
    ['the control is not there', [campaign(), { ...control(), stores: 'embedded' }], ['servers'], true],
    ['one kind of stores is not there', [campaign(), control()], ['servers', 'embedded'], true],
    ['the run did not end well though all agrees', [campaign(), control()], ['servers'], false],
  ])('2 when %s', (_what, parts, stores, finished) => {
    const { code, reasons } = verdictOf(parts, { stores, finished });
    expect(code).toBe(COULD_NOT_RUN);
    expect(reasons.length).toBeGreaterThan(0);
  });

  it('says no outcome when nothing was compared, and none of a control that did not run', () => {
    expect(verdictOf([campaign(notRun), control()], asked).outcome).toBeUndefined();
    expect(verdictOf([campaign(), control(notRun)], asked).outcome).toMatchObject({ rows: 100, control_failed: null });
  });

  it('adds up what both kinds of stores went through', () => {
    const parts = [campaign(), control(), campaign({ stores: 'embedded', kinds: { SIGTERM: 2 }, rows: 11 }), control({ stores: 'embedded' })];
    expect(verdictOf(parts, { stores: ['servers', 'embedded'], finished: true })).toMatchObject({
      code: OK, outcome: { kills: 6, kinds: { 'kill -9': 3, SIGTERM: 3 }, rows: 111, control_failed: true },
    });
  });
});

describe('npm run test:faults', () => {
  const script = fileURLToPath(new URL('../../scripts/faults.mjs', import.meta.url));
  it.each([[['--kills', '0']], [['--kills', 'many']], [['--stores', 'all']], [['--seed', '']], [['--unknown']]])('does not run with %j, and exits with 2', (args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });
});
