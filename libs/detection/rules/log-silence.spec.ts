import { describe, expect, it } from '@jest/globals';
import { heardFrom } from '../log-sources.js';
import { logSilence, type LogSource } from './log-silence.js';
import { MINUTE, NOON } from './testing.js';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const source = (rest: Partial<LogSource> = {}): LogSource => ({ workspace_id: 'shop', node: 'gw-1', first_seen: NOON - 10 * DAY, last_seen: NOON - 20 * MINUTE, longest_gap_ms: MINUTE, ...rest });
const others = [source({ node: 'gw-2', last_seen: NOON }), source({ node: '', last_seen: NOON })];
const decide = (...sources: LogSource[]) => logSilence.decide({ workspace_id: 'shop', key_id: '', sources, now: NOON }, logSilence.settings);

describe('log-silence', () => {
  it('sees a gateway that reported all the time and stopped', () => {
    expect(decide(source(), ...others)).toMatchObject([{ severity: 'medium', episode: 'source:gw-1', first_seen: NOON - 20 * MINUTE, last_seen: NOON - 10 * MINUTE }]);
  });

  it('tells of the workspace alone when all of it is silent', () => {
    expect(decide(source(), source({ node: 'gw-2' }), source({ node: '' }))).toMatchObject([{ severity: 'high', episode: 'source:' }]);
  });

  it.each<[string, LogSource]>([
    ['that reported five minutes ago', source({ last_seen: NOON - 5 * MINUTE })],
    ['that was silent as long before', source({ longest_gap_ms: 8 * MINUTE })],
    ['met today', source({ first_seen: NOON - 23 * HOUR })],
    ['that rests at night, in its first week', source({ first_seen: NOON - 5 * DAY, last_seen: NOON - 50 * HOUR, longest_gap_ms: 14 * HOUR })],
  ])('lets pass a gateway %s', (_, one) => {
    expect(decide(one, ...others)).toEqual([]);
  });

  it('lets pass an instance that another took the place of', () => {
    expect(decide(source(), ...others, source({ node: 'gw-3', first_seen: NOON - HOUR, last_seen: NOON }))).toEqual([]);
  });
});

describe('heardFrom', () => {
  const arrivals = (first: number, last: number) => [{ workspace_id: 'shop', node: 'gw-1', first, last }];

  it('learns the longest gap, and new sources', () => {
    expect(heardFrom([source()], arrivals(NOON - MINUTE, NOON), NOON, false)).toMatchObject([{ last_seen: NOON, longest_gap_ms: 19 * MINUTE }]);
    expect(heardFrom([], arrivals(NOON - MINUTE, NOON), NOON, false)).toMatchObject([{ first_seen: NOON - MINUTE, longest_gap_ms: 0 }]);
  });

  it('takes its own absence for no silence of others', () => {
    expect(heardFrom([source(), source({ node: 'gw-2' })], arrivals(NOON - MINUTE, NOON), NOON, true)).toMatchObject([
      { last_seen: NOON, longest_gap_ms: MINUTE }, { node: 'gw-2', last_seen: NOON, longest_gap_ms: MINUTE },
    ]);
  });
});
