import { expect, it } from '@jest/globals';
import type { AlertDeliveryWithEvent, AuditPage } from '@keytrail/contracts';
import { AlertStage } from '../support/alert-stage.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { answerWith } from '../support/webhook-receiver.js';

describeOnBoth('alerts', (env) => {
  const stage = new AlertStage(env);

  it('tells a webhook of an incident once, signed so that the library\'s own verifier takes it', async () => {
    await stage.newHook();
    const key = await stage.misuse();
    await stage.tell();
    await stage.tell();
    const incident = await stage.incidentOf(key);
    expect(stage.receiver.refused).toEqual([]);
    expect(stage.receiver.received).toMatchObject([{ path: '/in', body: {
      type: 'incident.opened', data: {
        incident: { incident_id: incident.incident_id, title: incident.title, severity: 'high', state: 'open', key_ids: [key] }, changes: [{ kind: 'opened', was: null }],
        url: `https://keytrail.example/incidents/${incident.incident_id}`, what_to_do: expect.arrayContaining([expect.objectContaining({ call: expect.stringContaining(`key_id=${key}`) })]),
      },
    } }]);
    expect(await stage.deliveries(`incident_id=${incident.incident_id}`)).toMatchObject([{ delivery_id: stage.receiver.received[0]!.id, state: 'delivered', attempts: 1, status: 204 }]);
  });

  it('says what became of the incident, in order, each under an id of its own', async () => {
    await stage.newHook();
    const { incident_id } = await stage.incidentOf(await stage.misuse());
    await stage.tell();
    for (const state of ['acknowledged', 'resolved', 'open']) {
      expect((await stage.app.call(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { state } })).status).toBe(200);
      await stage.tell();
    }
    expect(stage.receiver.received.map(({ body }) => [body.type, body.data.incident.state])).toEqual([
      ['incident.opened', 'open'], ['incident.state_changed', 'acknowledged'], ['incident.state_changed', 'resolved'], ['incident.state_changed', 'open'],
    ]);
    expect(new Set(stage.receiver.received.map(({ id }) => id)).size).toBe(4);
  });

  it('sends again under the same id with the same bytes after a failure, and what came after it only then', async () => {
    await stage.newHook();
    stage.receiver.answer = answerWith(500);
    const { incident_id } = await stage.incidentOf(await stage.misuse());
    await stage.tell();
    await stage.app.call(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { state: 'acknowledged' } });
    await stage.tell();
    expect(await stage.deliveries(`incident_id=${incident_id}`)).toMatchObject([{ attempts: 0 }, { attempts: 1, status: 500, failure: 'the receiver answered 500' }]);
    stage.receiver.answer = answerWith(200);
    await stage.makeDue();
    await stage.tell();
    const [first, again, second] = stage.receiver.received;
    expect([first!.id, first!.text]).toEqual([again!.id, again!.text]);
    expect(second).toMatchObject({ body: { type: 'incident.state_changed' } });
    expect(stage.receiver.received).toHaveLength(3);
  });

  it('is neither lost nor told when the change is rolled back', async () => {
    await stage.newHook();
    const { incident_id } = await stage.incidentOf(await stage.misuse());
    await stage.tell();
    await expect(stage.database.transaction().execute(async (transaction) => {
      await transaction.updateTable('incidents').set({ state: 'resolved' }).where('incident_id', '=', incident_id).execute();
      throw new Error('rolled back');
    })).rejects.toThrow('rolled back');
    await stage.tell();
    expect(stage.receiver.received).toHaveLength(1);
  });

  it('tells many channels of many incidents at once', async () => {
    const channels = await Promise.all(Array.from({ length: 50 }, () => stage.newHook()));
    const silence = await stage.app.call('/v1/silences', { body: { workspace: 'default', to: new Date(Date.now() + 3_600_000).toISOString(), reason: 'they are counted, not sent' } });
    await stage.misuseAll(Array.from({ length: 100 }, () => stage.newName('many')));
    await stage.tell();
    await stage.app.call(`/v1/silences/${(silence.body as { silence_id: string }).silence_id}/end`, { body: {} });
    const told = await stage.database.selectFrom('alert_deliveries').select(['channel_id', 'incident_id']).where('state', '=', 'silenced').where('channel_id', 'in', channels.map(({ channel_id }) => channel_id)).execute();
    const incidents = new Set(told.map(({ incident_id }) => incident_id)).size;
    expect(incidents).toBeGreaterThanOrEqual(100);
    expect(told.length).toBe(50 * incidents);
    expect(await stage.database.selectFrom('incident_changes').select('change_id').where('fanned_out_at', 'is', null).execute()).toEqual([]);
  });

  it('sends again what was given up, under the id it had, and keeps the account of it', async () => {
    await stage.newHook();
    stage.receiver.answer = answerWith(500);
    const { incident_id } = await stage.incidentOf(await stage.misuse());
    await stage.tell();
    await stage.database.updateTable('alert_deliveries').set({ attempts: 14, send_at: new Date(0) }).where('state', '=', 'pending').execute();
    await stage.tell();
    const [given] = await stage.deliveries(`incident_id=${incident_id}`);
    expect(given).toMatchObject({ state: 'failed', failure: 'the receiver answered 500' });
    stage.receiver.answer = answerWith(204);
    expect((await stage.app.call(`/v1/alert-deliveries/${given!.delivery_id}/redeliver`, { body: { reason: 'it is up again' } })).status).toBe(200);
    await stage.tell();
    expect(new Set(stage.receiver.received.map(({ id }) => id))).toEqual(new Set([given!.delivery_id]));
    expect((await stage.app.call<AlertDeliveryWithEvent>(`/v1/alert-deliveries/${given!.delivery_id}`)).body).toMatchObject({ state: 'delivered', event: { type: 'incident.opened' } });
    expect((await stage.app.call<AuditPage>(`/v1/audit-entries?object_id=${given!.delivery_id}`)).body.data).toMatchObject([{ action: 'alert_delivery.redelivered', reason: 'it is up again' }]);
  });
});
