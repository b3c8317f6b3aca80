import { describe, expect, it } from '@jest/globals';
import { eventWith } from '../testing.js';
import { escaped, slackMessage } from './slack.js';

interface Block { type: string; text?: { type: string; text: string }; fields?: { type: string; text: string }[]; elements?: { type: string; url?: string; text: unknown }[] }
interface Message { text: string; blocks: Block[] }

const HOSTILE = '<!channel> <https://evil.example|click here> *bold* `code` & <@U123>\nnext';
const message = (fields: object = {}, url?: string) => slackMessage(eventWith(fields, undefined, url)) as Message;

describe('a message in Slack', () => {
  it('shows what matters and leads to the incident', () => {
    const { blocks, text } = message();
    expect(text).toBe('[High] Burst of denied calls: payments-production');
    expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'section', 'section', 'section', 'section', 'actions', 'context']);
    expect(blocks.find(({ type }) => type === 'actions')?.elements).toMatchObject([{ url: 'https://keytrail.example/incidents/inc_1' }, { url: 'https://keytrail.example/incidents/inc_1?action=contain', style: 'danger' }]);
    expect(JSON.stringify(blocks)).toContain('POST /v1/api-keys/key_1/revoke-and-replace');
  });

  it('has a button to act only where there is something to do, which looking is not', () => {
    const { type, timestamp, data } = eventWith();
    const look = { title: 'See what it did', why: '', call: 'GET /v1/request-logs?key_id=key_1' };
    const elements = (what_to_do: typeof data.what_to_do) => (slackMessage({ type, timestamp, data: { ...data, url: 'https://k.example/i', what_to_do } }) as Message).blocks.find((block) => block.type === 'actions')!.elements!;
    expect(elements([look])).toHaveLength(1);
    expect(elements([{ title: 'Disable it where it was issued', why: '', call: null }, look, { title: 'Revoke it', why: '', call: 'POST /v1/api-keys/key_1/revoke' }])).toMatchObject([{}, { text: { text: 'Revoke it' }, style: 'danger' }]);
  });

  it('has markup of its own only: what others wrote stands in plain text', () => {
    const { text, blocks } = message({ title: HOSTILE, key_ids: [HOSTILE], addresses: [HOSTILE], owner: { owner_id: null, name: HOSTILE, contact: HOSTILE }, workspace_id: HOSTILE });
    expect(text).not.toMatch(/[<>\n]/);
    const types = new Set<string>();
    JSON.stringify(blocks, (key, value: { type?: string; text?: unknown }) => {
      if (typeof value === 'object' && value !== null && typeof value.text === 'string') types.add(value.type ?? '');
      return key === '' ? value : value;
    });
    expect([...types]).toEqual(['plain_text']);
  });

  it('stays within what Slack takes', () => {
    const long = 'x'.repeat(5_000);
    const { blocks } = message({ title: long, key_ids: Array.from({ length: 20 }, () => long.slice(0, 256)) });
    for (const { type, text } of blocks) if (text) expect(text.text.length).toBeLessThanOrEqual(type === 'header' ? 150 : 3_000);
  });

  it('has no button where nobody said where Keytrail is', () => {
    const { blocks } = slackMessage({ ...eventWith(), data: { ...eventWith().data, url: null } }) as Message;
    expect(blocks.some(({ type }) => type === 'actions')).toBe(false);
  });

  it('escapes the three characters that mean something', () => {
    expect(escaped('<a&b>')).toBe('&lt;a&amp;b&gt;');
  });
});
