import { describe, expect, it } from '@jest/globals';
import { SignInProblem } from '@keytrail/contracts';
import { problemOf, startOf } from './identity-provider.js';

describe('the way through an identity provider', () => {
  it('begins with where the person is, so that they come back there', () => {
    expect(startOf('/v1/session/oidc', { pathname: '/incidents/inc_1', search: '?tab=keys&sign_in=no_role' }))
      .toBe('/v1/session/oidc?return_to=%2Fincidents%2Finc_1%3Ftab%3Dkeys');
    expect(startOf('/v1/session/oidc', { pathname: '/', search: '?sign_in=no_role' })).toBe('/v1/session/oidc?return_to=%2F');
  });

  it.each(SignInProblem.options)('that ended with %s is told with what to do', (problem) => {
    expect(problemOf(`?sign_in=${problem}`)?.advice.length).toBeGreaterThan(20);
  });

  it.each(['', '?sign_in=', '?sign_in=%3Cb%3E', '?sign_in=constructor'])('is told of nothing by %j', (search) => {
    expect(problemOf(search)).toBeUndefined();
  });
});
