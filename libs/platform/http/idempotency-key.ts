import { IdempotencyKey } from '@keytrail/contracts';
import { badRequest } from '../errors.js';

/** The Idempotency-Key header of a request, checked; undefined when there is none. */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  const parsed = IdempotencyKey.safeParse(header);
  if (!parsed.success) throw badRequest('invalid_idempotency_key', 'Idempotency-Key must be 1 to 200 printable ASCII characters.');
  return parsed.data;
}
