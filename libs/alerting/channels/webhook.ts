import { Webhook } from 'standardwebhooks';
import { outcomeOf, type Channel } from './channel.js';

/** The secret that signs, and the one it took the place of, for as long as that is kept. */
export const SIGNING_SECRET = 'signing_secret';
export const OLD_SIGNING_SECRET = 'old_signing_secret';

/** The headers of Standard Webhooks: one signature for each secret, the newest first. */
export function webhookHeaders(deliveryId: string, now: Date, body: string, secrets: readonly string[]): Record<string, string> {
  return {
    'webhook-id': deliveryId, 'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(deliveryId, now, body)).join(' '),
  };
}

/** Standard Webhooks: the event as JSON, signed. */
export const webhook: Channel<'webhook'> = {
  async send({ delivery_id, event, now }, { url }, secrets, { http }) {
    const body = JSON.stringify(event);
    const signing = [SIGNING_SECRET, OLD_SIGNING_SECRET].flatMap((name) => secrets.get(name) ?? []);
    return outcomeOf(await http.post(url, body, webhookHeaders(delivery_id, now, body, signing), now));
  },
};
