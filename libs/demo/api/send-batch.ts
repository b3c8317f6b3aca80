import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { IntakeResult, type RequestLogFormat } from '@keytrail/contracts';
import type { ApiClient } from './api-client.js';
import { ApiError } from './errors.js';

const compress = promisify(gzip);

/** Lines as NDJSON, on their way to `POST /v1/request-logs`. */
export interface LogBatch {
  ndjson: Uint8Array;
  format: RequestLogFormat;
  /** Workspace of lines that name none. */
  workspace?: string | undefined;
}

/** The same for the same bytes sent as the same thing, so that a batch sent again is not stored again. */
export function idempotencyKeyOf({ ndjson, format, workspace }: LogBatch): string {
  return createHash('sha256').update(`${format}\n${workspace ?? ''}\n`).update(ndjson).digest('hex');
}

/** Sends one batch, gzipped. A batch of bad lines only (422) is a result as well, not an error. */
export async function sendBatch(client: ApiClient, batch: LogBatch, signal?: AbortSignal): Promise<IntakeResult> {
  const { ndjson, format, workspace } = batch;
  const bytes = await compress(ndjson, { level: 1 });
  try {
    return await client.request('POST', '/v1/request-logs', IntakeResult, {
      query: { format, workspace },
      bytes,
      headers: {
        'content-type': 'application/x-ndjson', 'content-encoding': 'gzip', 'idempotency-key': idempotencyKeyOf(batch),
      },
      replayable: true,
      signal,
    });
  } catch (error) {
    const refused = error instanceof ApiError && error.status === 422 ? IntakeResult.safeParse(error.body) : undefined;
    if (refused?.success) return refused.data;
    throw error;
  }
}
