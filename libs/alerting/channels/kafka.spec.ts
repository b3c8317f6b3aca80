import { describe, expect, it } from '@jest/globals';
import { alertWith, changeOf } from '../testing.js';
import { findingOf, kafka } from './kafka.js';
import type { Outlets } from './channel.js';

describe('what goes to a topic', () => {
  it('is a Detection Finding, created when the incident is new, which says what changed', () => {
    expect(findingOf(alertWith())).toMatchObject({ class_uid: 2004, activity_id: 1, metadata: { uid: 'dlv_1' }, finding_info: { uid: 'inc_1' }, message: '[High] Burst of denied calls: payments-production' });
    expect(findingOf(alertWith({ state: 'resolved' }, [changeOf('state')]))).toMatchObject({ activity_id: 3, unmapped: { type: 'incident.state_changed', changes: [{ kind: 'state' }] } });
  });

  it('waits where no broker is set, and says so', async () => {
    expect(await kafka.send(alertWith(), { kind: 'kafka', topic: 't' }, new Map(), { kafka: undefined } as Outlets)).toMatchObject({ result: 'retry', failure: expect.stringContaining('KEYTRAIL_KAFKA_BROKERS') });
  });
});
