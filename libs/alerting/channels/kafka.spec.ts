import { describe, expect, it } from '@jest/globals';
import { alertWith, changeOf } from '../testing.js';
import { detectionFinding, kafka } from './kafka.js';
import type { Outlets } from './channel.js';

describe('a Detection Finding', () => {
  it('is of class 2004, created, updated and closed with the incident', () => {
    const of = (...args: Parameters<typeof alertWith>) => detectionFinding(alertWith(...args));
    expect(of()).toMatchObject({ class_uid: 2004, category_uid: 2, activity_id: 1, type_uid: 200401, severity_id: 4, status_id: 1, metadata: { uid: 'dlv_1', product: { name: 'Keytrail' } }, finding_info: { uid: 'inc_1' } });
    expect(of({ state: 'acknowledged' }, [changeOf('state')])).toMatchObject({ activity_id: 2, type_uid: 200402, status_id: 2 });
    expect(of({ state: 'resolved' }, [changeOf('state')])).toMatchObject({ activity_id: 3, type_uid: 200403, status_id: 4 });
    expect(of({ state: 'false_positive' }, [changeOf('state')])).toMatchObject({ activity_id: 3, status_id: 3 });
    expect(of()).toMatchObject({ resources: [{ uid: 'key_1', owner: { name: 'Payments', uid: 'own_1' } }], evidences: [{ src_endpoint: { ip: '203.0.113.7' } }], time: expect.any(Number) });
  });

  it('waits where no broker is set, and says so', async () => {
    expect(await kafka.send(alertWith(), { kind: 'kafka', topic: 't' }, new Map(), { kafka: undefined } as Outlets)).toMatchObject({ result: 'retry', failure: expect.stringContaining('KEYTRAIL_KAFKA_BROKERS') });
  });
});
