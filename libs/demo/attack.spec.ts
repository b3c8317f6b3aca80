import { describe, expect, it } from '@jest/globals';
import { RequestLogLine } from '@keytrail/contracts';
import { attackAddresses, attackLines, attackSeconds } from './attack.js';
import { attackedKeyName, demoKeys } from './traffic/fleet.js';
import { expectedRequests } from './traffic/shapes.js';

const profile = demoKeys.find(({ name }) => name === attackedKeyName);
if (!profile) throw new Error('the attacked key is not in the fleet');
const attack = { seed: 1, target: { profile, keyId: 'key_1' }, startedAt: Date.UTC(2025, 10, 19, 13, 0) };
const secondsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => [...attackLines(attack, from + index)]).flat();

describe('the attack', () => {
  it('calls at least twenty times as often as the busiest hour of the key', () => {
    expect(secondsOf(0, 60).length).toBeGreaterThanOrEqual(20 * expectedRequests(profile, attack.startedAt));
  });

  it('is refused with 403 at least sixty times in its first minute', () => {
    const denied = secondsOf(0, 60).filter(({ status }) => status === 403);
    expect(denied.length).toBeGreaterThanOrEqual(60);
    expect(denied.every(({ refusal_reason }) => refusal_reason === 'insufficient_scope')).toBe(true);
  });

  it('comes from addresses and a user agent the key never had', () => {
    const lines = secondsOf(0, attackSeconds);
    expect(new Set(lines.map(({ address }) => address))).toEqual(new Set(attackAddresses));
    for (const line of lines) {
      expect(profile.addresses).not.toContain(line.address);
      expect(profile.userAgents).not.toContain(line.user_agent);
    }
  });

  it('walks object ids, each path once', () => {
    const lines = secondsOf(0, attackSeconds);
    expect(new Set(lines.map(({ path }) => path)).size).toBe(lines.length);
    expect(new Set(lines.map(({ route }) => route)).size).toBe(4);
  });

  it('writes valid lines inside their second, the same each time', () => {
    for (const second of [0, 1, 59, attackSeconds - 1]) {
      const lines = [...attackLines(attack, second)];
      expect(lines).toEqual([...attackLines(attack, second)]);
      for (const line of lines) {
        RequestLogLine.parse(line);
        expect(Math.floor((Date.parse(String(line.time)) - attack.startedAt) / 1000)).toBe(second);
      }
    }
  });

  it('is over after three minutes', () => {
    expect(secondsOf(attackSeconds, attackSeconds + 5)).toEqual([]);
    expect([...attackLines(attack, -1)]).toEqual([]);
  });
});
