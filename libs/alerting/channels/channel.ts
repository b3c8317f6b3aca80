import type { AlertChannelConfig, AlertEvent } from '@keytrail/contracts';
import type { AddressGuard } from '../outgoing/address-guard.js';
import type { HttpAnswer, HttpOutlet } from '../outgoing/http-outlet.js';

/** A notification on its way through a channel. */
export interface OutgoingAlert {
  /** The same however often it is sent. */
  delivery_id: string;
  event: AlertEvent;
  now: Date;
}

/** What became of an attempt. `failure` is shown to people: it holds no secret, and says nothing of what listens inside the network. */
export type SendOutcome =
  | { result: 'delivered'; status?: number }
  | { result: 'retry'; failure: string; status?: number; retryAfterMs?: number | undefined }
  /** It will never be taken. */
  | { result: 'refused'; failure: string; status?: number }
  /** The receiver wants nothing more. */
  | { result: 'gone'; failure: string; status?: number };

/** What channels send through. */
export interface Outlets {
  http: HttpOutlet;
  guard: AddressGuard;
  timeoutMs: number;
  /** Writes to a topic of the installation's brokers; absent where no broker is set. */
  kafka: ((topic: string, message: { key: string; value: string }) => Promise<void>) | undefined;
}

/** By name. */
export type ChannelSecrets = ReadonlyMap<string, string>;

export interface Channel<K extends AlertChannelConfig['kind']> {
  send(alert: OutgoingAlert, config: Extract<AlertChannelConfig, { kind: K }>, secrets: ChannelSecrets, outlets: Outlets): Promise<SendOutcome>;
}

/** What an answer over HTTP means, unless a channel knows better. */
export function outcomeOf({ status, retryAfterMs }: HttpAnswer): SendOutcome {
  if (status >= 200 && status < 300) return { result: 'delivered', status };
  if (status === 410) return { result: 'gone', status, failure: 'the receiver answered 410: it wants nothing more' };
  if (status >= 300 && status < 400) return { result: 'retry', status, failure: `the receiver answered ${status}: redirects are not followed` };
  return { result: 'retry', status, failure: `the receiver answered ${status}`, retryAfterMs };
}

/** What a failure to get an answer means. */
export function outcomeOfError(error: unknown): SendOutcome {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EBLOCKED' || code === 'ETIMEDOUT') return { result: 'retry', failure: message };
  return { result: 'retry', failure: `no connection${typeof code === 'string' && /^[A-Z_0-9]{2,40}$/.test(code) ? ` (${code})` : ''}` };
}

/** One line of printable text. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
