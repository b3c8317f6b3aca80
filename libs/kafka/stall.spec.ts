import { describe, expect, it } from '@jest/globals';
import type { SourceHealth } from './log-source.js';
import { isReading, stallOf } from './stall.js';

const patience = { join: 100, silence: 50, taking: 500, reading: 10 };
const now = 1_000_000;
const healthy: SourceHealth = { joined: true, since: now - 900, partitions: 1, heardAt: now - 5, takingSince: null, ended: null };

describe('a source', () => {
  it.each<[string, Partial<SourceHealth>, ReturnType<typeof stallOf>, boolean]>([
    ['that hears from brokers reads', {}, undefined, true],
    ['that has nothing to read but hears from brokers reads', { partitions: 0 }, undefined, true],
    ['that did not hear for a while does not read, but has not stalled', { heardAt: now - 11 }, undefined, false],
    ['that did not hear for long has stalled', { heardAt: now - 51 }, 'silent', false],
    ['that joined just now has time to hear', { heardAt: 0, since: now - 2 }, undefined, true],
    ['that is joining does not read', { joined: false, since: now - 100 }, undefined, false],
    ['that cannot join has stalled', { joined: false, since: now - 101, heardAt: 0 }, 'not_joined', false],
    ['whose batch is being stored reads', { takingSince: now - 500 }, undefined, true],
    ['whose batch is neither stored nor refused has stalled', { takingSince: now - 501 }, 'stuck', true],
    ['that ended has stalled at once', { ended: 'unknown topic' }, 'ended', false],
  ])('%s', (_name, change, stall, reading) => {
    expect([stallOf({ ...healthy, ...change }, now, patience), isReading({ ...healthy, ...change }, now, patience)]).toEqual([stall, reading]);
  });
});
