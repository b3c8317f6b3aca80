import { expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { webhookHeaders } from './webhook.js';

const secretOf = (fill: number) => `whsec_${Buffer.alloc(24, fill).toString('base64')}`;

it('is verified with either secret while one takes the place of the other, and with no other', () => {
  const body = '{"type":"incident.opened"}';
  const headers = webhookHeaders('dlv_1', new Date(), body, [secretOf(1), secretOf(2)]);
  expect(headers['webhook-id']).toBe('dlv_1');
  for (const secret of [1, 2]) expect(new Webhook(secretOf(secret)).verify(body, headers)).toEqual({ type: 'incident.opened' });
  expect(() => new Webhook(secretOf(3)).verify(body, headers)).toThrow();
  expect(() => new Webhook(secretOf(1)).verify(body, { ...headers, 'webhook-id': 'dlv_2' })).toThrow();
  expect(() => new Webhook(secretOf(1)).verify(`${body} `, headers)).toThrow();
});
