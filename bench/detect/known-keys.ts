import { sql } from 'kysely';
import { newKeyWatch, storedMemory, watchActivity, type CallerActivity } from '@keytrail/detection';
import { requestsAt } from './arrivals.js';
import type { Scratch } from './scratch.js';

const LEARNT_DAYS = 8;

/** Keys that detection has known for a week: what it remembers of one of them, stored for each, `prefix_0`, `prefix_1` and so on. */
export async function storeKnownKeys({ database }: Pick<Scratch, 'database'>, prefix: string, keys: number, until: number): Promise<void> {
  const memory = storedMemory({ watch: learntUntil(until), habits: undefined });
  await sql`INSERT INTO key_watch (workspace_id, key_id, memory, updated_at)
    SELECT 'default', ${prefix} || '_' || n, ${memory}::bytea, now() FROM generate_series(0, ${keys - 1}::integer) AS n`.execute(database);
}

function learntUntil(until: number) {
  const from = until - LEARNT_DAYS * 24 * 60;
  let watch = newKeyWatch([groupAt(from)]);
  for (let minute = from; minute < until; minute += 10) {
    watch = watchActivity(watch, Array.from({ length: Math.min(10, until - minute) }, (_, index) => groupAt(minute + index))).watch;
  }
  return watch;
}

const groupAt = (minute: number): CallerActivity => ({
  workspace_id: 'default', key_id: 'key_0', key_fingerprint: '', credential_kind: 'api_key', principal: '', address: '10.0.0.0', country: 'DE', user_agent: 'orders-sdk/1.4',
  outcome: 'authorised', refusal_reason: '', minute, requests: requestsAt(0, minute), first_time: minute * 60_000, last_time: minute * 60_000 + 59_000,
  request_ids: [], routes: [], methods: [], environments: [], nodes: [], bytes_out: 0, signs: [],
});
