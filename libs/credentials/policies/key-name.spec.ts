import { describe, expect, it } from '@jest/globals';
import { keyName } from './key-name.js';
import { goodKey, now } from './testing.js';

const judge = (name: string, environment: 'production' | 'staging' = 'production') => keyName.judge(goodKey({ name, environment }), now);

describe('key-name', () => {
  it('is kept by service-environment, and by what follows it', () => {
    for (const name of ['payments-production', 'payments-production-eu', 'payments-production-2']) expect(judge(name)).toBe('kept');
  });

  it.each(['payments', 'production-payments', 'payments-prod', 'Payments-production', 'payments_production', 'payments-productions', 'my key', ' payments-production'])('is violated by %j', (name) => {
    expect(judge(name)).toMatchObject({ severity: 'warn', summary: expect.stringContaining('payments-production') });
  });

  it('is violated by the name of another environment', () => {
    expect(judge('payments-production', 'staging')).toMatchObject({ severity: 'warn' });
  });
});
