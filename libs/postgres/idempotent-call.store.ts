import { createHash } from 'node:crypto';
import { AppError } from '@keytrail/platform';
import type { Executor } from './database.js';

export interface IdempotentCall {
  /** Keys of different callers never meet. */
  caller: string;
  /** The Idempotency-Key header. */
  key: string;
  /** What was asked for; a key stands for one request. */
  request: unknown;
}

const hashOf = (request: unknown) => createHash('sha256').update(JSON.stringify(request)).digest('hex');

/**
 * Claims an Idempotency-Key for this transaction. Returns undefined to the first caller, and the answer of the first to every later
 * one; a call that comes while the first is under way waits for it. Throws 422 when the key stands for another request.
 */
export async function claimIdempotencyKey<T>(transaction: Executor, call: IdempotentCall, now: Date): Promise<T | undefined> {
  const claimed = await transaction.insertInto('idempotent_calls')
    .values({ caller: call.caller, idempotency_key: call.key, request_hash: hashOf(call.request), answer: 'null', created_at: now })
    .onConflict((conflict) => conflict.columns(['caller', 'idempotency_key']).doNothing()).returning('caller').executeTakeFirst();
  if (claimed !== undefined) return undefined;
  const first = await transaction.selectFrom('idempotent_calls').select(['request_hash', 'answer'])
    .where('caller', '=', call.caller).where('idempotency_key', '=', call.key).executeTakeFirstOrThrow();
  if (first.request_hash !== hashOf(call.request)) {
    throw new AppError({ code: 'idempotency_key_reused', status: 422, message: 'This Idempotency-Key was used for another request.' });
  }
  return first.answer as T;
}

/** Keeps the answer for repetitions. It must hold no secret. */
export async function keepAnswer(transaction: Executor, call: IdempotentCall, answer: unknown): Promise<void> {
  await transaction.updateTable('idempotent_calls').set({ answer: JSON.stringify(answer) })
    .where('caller', '=', call.caller).where('idempotency_key', '=', call.key).execute();
}
