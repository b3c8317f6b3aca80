import { describe, expect, it } from '@jest/globals';
import { isPlaceholder, judgeUnregistered, noOwner } from './no-owner.js';
import { goodKey, inDays, now } from './testing.js';

const judge = (owner: { name?: string; contact?: string }) => noOwner.judge(goodKey({ owner: { ...goodKey().owner, ...owner } }), now);

describe('no-owner', () => {
  it.each([
    '-', '.', '???', '   ', 'n/a', 'N/A', 'none', 'None.', '<none>', 'TBD', 'to-do', 'unknown', '#unknown', 'No Owner', 'x', 'XXXX', '0', 'changeme', '\u200b', 'ｎｏｎｅ', 'no\u200bne', '—',
    'nobody@acme.example', 'noreply@acme.example', 'No-Reply@acme.example', 'someone@mail.invalid', 'a@invalid',
  ])('sees that the contact %j reaches nobody', (contact) => {
    expect(judge({ contact })).toMatchObject({ severity: 'breach', since: null, due_at: null, summary: expect.stringContaining('reaches nobody') });
  });

  it.each(['unknown', 'Nobody', 'n/a', '—', 'xxx'])('sees that an owner called %j is nobody', (name) => {
    expect(judge({ name })).toMatchObject({ severity: 'breach', summary: expect.stringContaining('names nobody') });
  });

  it.each([
    '#payments', 'payments@acme.example', 'pager 4711', '+49 30 1234567', '@mara', 'Nona', 'nonexistent-team@acme.example', 'Team Unknown Pleasures', 'noreply-owners@acme.example',
    '支付团队', 'платежи', '#x-team', 'the.nobody@acme.example', 'a@invalid.example', 'x1',
  ])('takes %j for a contact', (contact) => {
    expect(judge({ contact })).toBe('kept');
  });

  it('is not slow on the longest text there is', () => {
    for (const text of ['a'.repeat(319), `${'@'.repeat(300)}.invali`, `${'.@'.repeat(160)}`, `${'x.'.repeat(158)}@x`]) expect(typeof judge({ contact: text })).toMatch(/string|object/);
    expect(isPlaceholder('a'.repeat(319))).toBe(true);
    expect(isPlaceholder(`${'a'.repeat(318)}b`)).toBe(false);
  });
});

describe('a key that nobody registered', () => {
  const seen = { key_id: 'AKIAEXAMPLE', first_seen: inDays(-60), last_seen: inDays(-1), accepted: 3 };

  it('has no owner while it is used', () => {
    expect(judgeUnregistered(seen, now)).toMatchObject({ severity: 'breach', since: inDays(-60), summary: expect.stringContaining('AKIAEXAMPLE since 2026-04-02') });
  });

  it('is forgotten 30 days after its last use', () => {
    expect(judgeUnregistered({ ...seen, last_seen: inDays(-30) }, now)).toMatchObject({ severity: 'breach' });
    expect(judgeUnregistered({ ...seen, last_seen: new Date(inDays(-30).getTime() - 1) }, now)).toBe('kept');
  });

  it('is no key when nothing ever accepted it', () => {
    expect(judgeUnregistered({ ...seen, accepted: 0 }, now)).toBe('kept');
  });
});
