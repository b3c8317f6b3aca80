import { describe, expect, it } from '@jest/globals';
import { credentialForSuspect } from './credential-for-suspect.js';
import type { Suspicion } from './suspicion.js';
import { NOON } from './testing.js';

const decide = (suspicions: Suspicion[]) => credentialForSuspect.decide({
  workspace_id: 'shop', key_id: 'key-9',
  made: { workspace_id: 'shop', key_id: 'key-9', name: 'backup-production', owner_name: 'Orders', created_at: NOON, created_by: 'token:tok_1', suspicions },
}, {});

describe('credential-for-suspect', () => {
  it('sees a key that is made for an owner with an open incident', () => {
    expect(decide([{ title: 'Leaked key', severity: 'high', at: NOON - 1 }])).toMatchObject([{
      severity: 'medium', key_id: 'key-9', first_seen: NOON, summary: 'backup-production was made by token:tok_1 for Orders, who has an open incident (high: Leaked key)',
    }]);
  });

  it('rates it low while the incident may be nothing much', () => {
    expect(decide([{ title: 'New network', severity: 'medium', at: NOON - 1 }])).toMatchObject([{ severity: 'low' }]);
  });

  it.each<[string, Suspicion[]]>([['an owner with a clean record', []], ['an incident that came later', [{ title: 'Leaked key', severity: 'high', at: NOON + 1 }]]])('lets pass %s', (_, suspicions) => {
    expect(decide(suspicions)).toEqual([]);
  });
});
