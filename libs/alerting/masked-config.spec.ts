import { describe, expect, it } from '@jest/globals';
import { AlertChannelConfig } from '@keytrail/contracts';
import { masked } from './masked-config.js';

const shown = (url: string) => (masked({ kind: 'webhook', url }) as { url: string }).url;

describe('an address as it is shown', () => {
  it('is its host, and no more of the rest than tells it from another', () => {
    expect(shown('https://chat.example:8443/hooks/T0123/B0456/s3cr3tToken')).toBe('https://chat.example:8443/***oken');
    expect(shown('https://x.example/in?token=s3cr3t-and-long')).toBe('https://x.example/***long');
    expect(shown('https://x.example/short')).toBe('https://x.example/***');
    expect(shown('https://x.example')).toBe('https://x.example');
  });

  it('leaves a channel what its contract says', () => {
    for (const config of [{ kind: 'webhook', url: 'https://x.example/aaaaaaaaaaaaaaaaaaaa' }, { kind: 'pagerduty' }, { kind: 'syslog', host: 'h', port: 1, transport: 'tls', format: 'cef' }] as AlertChannelConfig[]) expect(AlertChannelConfig.parse(masked(config))).toEqual(masked(config));
  });
});
