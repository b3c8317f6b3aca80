import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { apiErrorOf, connectionErrorOf } from '@keytrail/demo';
import type { ServerConfig } from '../config.js';
import type { CliIo } from '../io.js';

/** Saves an answer as its bytes come, to a file (whole or not at all) or to standard output. */
export async function download(
  { baseUrl, token }: ServerConfig, path: string, query: Record<string, string | undefined>, file: string | undefined, io: CliIo,
): Promise<void> {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}${path}`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  const body = await open(url, token, io.signal);
  if (file === undefined) {
    await pipeline(body, io.stdout, { end: false }).catch((error: unknown) => { throw broken(url, error, io.signal); });
    return;
  }
  const unfinished = `${file}.unfinished`;
  try {
    await pipeline(body, createWriteStream(unfinished));
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw (error as NodeJS.ErrnoException).path === undefined ? broken(url, error, io.signal) : error;
  }
}

async function open(url: URL, token: string, signal: AbortSignal): Promise<Readable> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, redirect: 'error', signal });
  } catch (error) {
    throw broken(url, error, signal);
  }
  if (response.ok && response.body !== null) return Readable.fromWeb(response.body as never);
  const body: unknown = await response.json().catch(() => undefined);
  throw apiErrorOf(`GET ${url.pathname}`, response.status, body, response.headers.get('retry-after'));
}

function broken(url: URL, error: unknown, signal: AbortSignal): unknown {
  return signal.aborted ? signal.reason : connectionErrorOf(url.origin, error);
}
