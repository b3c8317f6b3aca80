import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AlertEvent } from '@keytrail/contracts';
import { eventOf, testEvent, withChange } from './event.js';
import { NOW, briefOf, changeOf, eventWith } from './testing.js';

describe('an event', () => {
  it('is what its contract says', () => {
    for (const event of [eventWith(), eventWith({ owner: null }, [changeOf('grown')], undefined), testEvent('default', 'hello', NOW)]) expect(AlertEvent.parse(event)).toEqual(event);
  });

  it('is called after the gravest of its changes and links to the incident', () => {
    const event = eventOf(briefOf({ severity: 'critical' }), withChange([changeOf('grown')], changeOf('severity')), 'https://k.example');
    expect(event).toMatchObject({ type: 'incident.severity_changed', data: { url: 'https://k.example/incidents/inc_1', changes: [{ kind: 'grown' }, { kind: 'severity' }] } });
  });

  it('stays below 20 kB, whatever an incident holds, and still says what it is about', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3_000 });
    fc.assert(fc.property(text, fc.array(fc.string({ unit: 'binary', minLength: 200, maxLength: 256 }), { maxLength: 200 }), fc.array(text, { maxLength: 20 }), fc.integer({ min: 1, max: 60 }), (title, list, texts, changes) => {
      const brief = {
        incident: briefOf({ title, key_ids: list, addresses: list, rule_ids: list }).incident, what_happened: texts.map((one) => ({ at: NOW.toISOString(), text: one })),
        what_to_do: texts.map((one) => ({ title: one, why: one, call: one })),
      };
      const event = eventOf(brief, Array.from({ length: changes }, () => changeOf('state')), 'https://k.example');
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(20_000);
      expect(event.data).toMatchObject({ incident: { incident_id: 'inc_1' }, key_count: list.length, address_count: list.length });
      expect(AlertEvent.safeParse(JSON.parse(JSON.stringify(event))).success).toBe(true);
    }), { numRuns: 60 });
  });
});
