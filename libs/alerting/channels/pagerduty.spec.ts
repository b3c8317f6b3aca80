import { describe, expect, it } from '@jest/globals';
import type { HttpAnswer } from '../outgoing/http-outlet.js';
import { alertWith, changeOf } from '../testing.js';
import type { Outlets } from './channel.js';
import { pagerDutyEvent, pagerduty } from './pagerduty.js';

const answering = (answer: Partial<HttpAnswer>, sent: string[][] = []) => ({
  http: { post: async (...call: string[]) => { sent.push(call); return { status: 202, retryAfterMs: undefined, text: '', ...answer }; } },
}) as unknown as Outlets;

describe('an event for PagerDuty', () => {
  it('triggers, acknowledges and resolves one alert by the key of the incident', () => {
    const actions = (['open', 'acknowledged', 'contained', 'resolved', 'false_positive'] as const).map((state) => pagerDutyEvent(alertWith({ state }, [changeOf('state')]), 'key') as { event_action: string; dedup_key: string });
    expect(actions.map(({ event_action }) => event_action)).toEqual(['trigger', 'acknowledge', 'acknowledge', 'resolve', 'resolve']);
    expect(new Set(actions.map(({ dedup_key }) => dedup_key))).toEqual(new Set(['keytrail-inc_1']));
  });

  it('says how bad it is in its words, and what to do', () => {
    expect(pagerDutyEvent(alertWith({ severity: 'critical' }), 'key')).toMatchObject({
      routing_key: 'key', links: [{ href: 'https://keytrail.example/incidents/inc_1' }],
      payload: { severity: 'critical', source: 'key_1', custom_details: { what_to_do: [expect.stringContaining('POST /v1/api-keys/key_1/revoke-and-replace')] } },
    });
    const { payload } = pagerDutyEvent(alertWith({ title: 'x'.repeat(5_000) }), 'key') as { payload: { summary: string } };
    expect(payload.summary.length).toBeLessThanOrEqual(1_024);
  });

  it('goes where it is told to, by itself to the US region', async () => {
    const sent: string[][] = [];
    await pagerduty.send(alertWith(), { kind: 'pagerduty' }, new Map([['routing_key', 'k']]), answering({}, sent));
    await pagerduty.send(alertWith(), { kind: 'pagerduty', url: 'https://events.eu.example/v2/enqueue' }, new Map([['routing_key', 'k']]), answering({}, sent));
    expect(sent.map(([url]) => url)).toEqual(['https://events.pagerduty.com/v2/enqueue', 'https://events.eu.example/v2/enqueue']);
  });

  it('is given up when PagerDuty calls it invalid, and tried again when it is busy', async () => {
    const outcome = (status: number) => pagerduty.send(alertWith(), { kind: 'pagerduty' }, new Map(), answering({ status }));
    expect([await outcome(202), await outcome(400), await outcome(429)]).toMatchObject([{ result: 'delivered' }, { result: 'refused' }, { result: 'retry' }]);
  });
});
