import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AlertEvent } from '@keytrail/contracts';
import { slackMessage } from './channels/slack.js';
import { plainText } from './channels/words.js';
import { MOST_OF_A_GROUP, commonOf, groupEvent, groupKey } from './group.js';
import { changeOf, eventWith, incidentWith, routeTo } from './testing.js';

const key = groupKey(routeTo('a', { group_by: ['rule', 'workspace'] }), incidentWith())!;

describe('a list of incidents', () => {
  it('has every one with its changes, the gravest in full, and what they have in common', () => {
    const events = [eventWith({ incident_id: 'inc_1', severity: 'medium' }), eventWith({ incident_id: 'inc_2', severity: 'critical' }), eventWith({ incident_id: 'inc_3', severity: 'low', owner: null })];
    const event = groupEvent(events, key);
    expect(AlertEvent.parse(event)).toEqual(event);
    expect(event).toMatchObject({ type: 'incident.group', data: { incident: { incident_id: 'inc_2' }, group: { by: { rule: 'denied-burst', workspace: 'default' } } } });
    expect(event.data.group!.incidents.map(({ incident_id, change_ids }) => [incident_id, change_ids])).toEqual([1, 0, 2].map((index) => [events[index]!.data.incident.incident_id, events[index]!.data.changes.map(({ change_id }) => change_id)]));
  });

  it('says each of them in mails and chats, on a line of its own', () => {
    const hostile = 'A\nB: <!channel> *x*';
    const event = groupEvent(['inc_1', 'inc_2'].map((incident_id) => eventWith({ incident_id, title: hostile })), key);
    const text = plainText(event);
    for (const id of ['inc_1', 'inc_2']) expect(text).toContain(`[High] A B: <!channel> *x*, Payments: https://keytrail.example/incidents/${id}\n`);
    expect(text.split('\n')[0]).toBe('[High] 2 incidents (rule denied-burst, workspace default): A B: <!channel> *x*');
    const { blocks } = slackMessage(event) as { blocks: { type: string; text?: { type: string; text: string } }[] };
    expect(blocks[1]).toMatchObject({ type: 'section', text: { type: 'plain_text', text: expect.stringContaining('incidents/inc_2') } });
  });

  it('stays below 20 kB with as many as there can be, whatever they hold, and names each of them', () => {
    const text = fc.string({ unit: 'binary', maxLength: 500 });
    fc.assert(fc.property(text, text, fc.integer({ min: 1, max: 30 }), (title, owner, changes) => {
      const events = Array.from({ length: MOST_OF_A_GROUP }, (_, index) => eventWith({ incident_id: `inc_${String(index).padStart(32, '0')}`, workspace_id: 'w'.repeat(64), title, owner: { owner_id: null, name: owner, contact: null } }, Array.from({ length: changes }, () => changeOf('state')), `https://${'k'.repeat(200)}.example`));
      const event = groupEvent(events, `rte_1 ${JSON.stringify({ owner })}`);
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(20_000);
      expect(event.data.group!.incidents).toHaveLength(MOST_OF_A_GROUP);
    }), { numRuns: 30 });
  });

  it('is named by the route and by what is alike', () => {
    const route = routeTo('a', { group_by: ['owner', 'severity'] });
    expect(commonOf(groupKey(route, incidentWith())!)).toEqual({ owner: 'own_1', severity: 'high' });
    expect(groupKey(route, incidentWith({ owner: null }))).not.toBe(groupKey(route, incidentWith()));
    expect(groupKey(routeTo('a'), incidentWith())).toBeUndefined();
  });
});
