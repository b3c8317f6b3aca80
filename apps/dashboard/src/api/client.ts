import { PAGE_HEADER } from '@keytrail/contracts';
import type { z } from 'zod';
import { ConnectionError, errorOf } from './api-error.js';

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** `?a=1&b=2`, without what is undefined; lists repeat their name. */
export function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

async function send(path: string, { method = 'GET', query = {}, body, headers, signal }: Call): Promise<Response> {
  const response = await fetch(`${path}${queryString(query)}`, {
    method, signal, credentials: 'same-origin',
    headers: { accept: 'application/json', ...(method !== 'GET' && { [PAGE_HEADER]: '1' }), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw error instanceof DOMException && error.name === 'AbortError' ? error : new ConnectionError(error);
  });
  if (!response.ok) throw errorOf(response.status, await response.json().catch(() => undefined));
  return response;
}

/** Calls the server and checks the answer. Throws `ApiError`, `ConnectionError`, or a `ZodError` for an answer of another version. */
export async function call<T>(path: string, schema: z.ZodType<T>, options: Call = {}): Promise<T> {
  const response = await send(path, options);
  return schema.parse(await response.json());
}

/** A call whose answer has no body. */
export async function callForNothing(path: string, options: Call): Promise<void> {
  await send(path, options);
}

/** A new Idempotency-Key. `crypto.randomUUID` is missing where there is no TLS. */
export const newIdempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
