import { describe, expect, it } from '@jest/globals';
import { IncidentState } from '@keytrail/contracts';
import { mayMove } from './transitions.js';

describe('mayMove', () => {
  it.each<[IncidentState, IncidentState[]]>([
    ['open', ['acknowledged', 'resolved', 'false_positive']],
    ['acknowledged', ['open', 'resolved', 'false_positive']],
    ['contained', ['open', 'acknowledged', 'resolved', 'false_positive']],
    ['resolved', ['open']],
    ['false_positive', ['open']],
  ])('takes an incident from %s to %j and nowhere else', (from, reachable) => {
    expect(IncidentState.options.filter((to) => mayMove(from, to)).sort()).toEqual([...reachable].sort());
  });

  it('never takes one to contained: that is done, not said', () => {
    expect(IncidentState.options.filter((from) => mayMove(from, 'contained'))).toEqual([]);
  });
});
