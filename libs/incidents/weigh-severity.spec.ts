import { describe, expect, it } from '@jest/globals';
import { severityBecause, weighSeverity } from './weigh-severity.js';

const finding = (severity: 'low' | 'medium' | 'high' | 'critical', rule_id = 'rate-spike') => ({ rule_id, severity, title: 'Spike' });

describe('the severity of an incident', () => {
  it.each([
    ['service_token', 'medium', 'high'], ['service_token', 'high', 'critical'], ['service_token', 'low', 'low'],
    ['api_key', 'high', 'high'], ['workspace_key', 'high', 'high'], ['signing_key', 'high', 'high'],
    ['public_key', 'critical', 'high'], ['public_key', 'high', 'medium'], ['public_key', 'medium', 'low'], [undefined, 'high', 'high'],
  ] as const)('of a %s with a finding that is %s is %s', (kind, severity, weighed) => {
    expect(weighSeverity(finding(severity), kind)).toBe(weighed);
  });

  it('of a leak stays what it was when the leak was weighed', () => {
    expect(weighSeverity(finding('high', 'leaked-key'), 'service_token')).toBe('high');
  });

  it('is explained', () => {
    expect(severityBecause('critical', finding('high'), 'service_token')).toBe('its gravest finding, Spike, is high, and one step graver since the key is good in every workspace');
    expect(severityBecause('medium', finding('high'), 'public_key')).toContain('one step milder since a public key is nobody\'s secret');
    expect(severityBecause('high', finding('high'), 'api_key')).toBe('its gravest finding, Spike, is high');
    expect(severityBecause('high', undefined, undefined)).toContain('no longer has');
  });
});
