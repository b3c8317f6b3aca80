import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A key as the fake platform keeps it, and answers it but for the secret. */
export interface PlatformKey {
  id: string; name: string; owner?: string; environment?: string; workspace?: string; service?: string; scopes?: string[];
  created_at: string; expires_at?: string | null; revoked_at?: string | null; last_used_at?: string | null; metadata?: Record<string, string>;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/**
 * What goes wrong with a call. `hang`: no answer. `close_after`: it is done, and the connection ends without an answer. `late`: it is done when the
 * caller has given up, by {@link FakeKeyPlatform.catchUp}. `garbage`, `flood`, `redirect`: it is done and the answer is no use. Of numbers, 500 is done
 * all the same where `500_after` says so; any other is not done.
 */
export type Fault = 'hang' | 'close_before' | 'close_after' | 'late' | 'garbage' | 'flood' | 'redirect' | '500_before' | '500_after' | '401' | '404' | '409' | '429' | 'no_secret';

export interface FakeKeyPlatform {
  url: string;
  token: string;
  keys: Map<string, PlatformKey>;
  calls: { method: Method; path: string; idempotencyKey: string | undefined; authorization: string | undefined; body: Record<string, unknown> | undefined }[];
  /** Secrets it ever gave out. */
  secrets: Set<string>;
  ignoresIdempotencyKeys: boolean;
  forgetsMetadata: boolean;
  pageSize: number;
  add(fields?: Partial<PlatformKey>): PlatformKey;
  /** Faults of the next calls of a method, in order; `times` Infinity = until {@link heal}. */
  fail(method: Method, fault: Fault, times?: number): void;
  heal(): void;
  /** Does what was left undone by `late`. */
  catchUp(): void;
  successorsOf(id: string): PlatformKey[];
  close(): Promise<void>;
}

const FLOOD_BYTES = 10 * 1024 * 1024;

/** A key platform as a real HTTP server on loopback, with `POST/GET/PATCH/DELETE /v1/api-keys[/{id}]`. */
export async function startFakeKeyPlatform(): Promise<FakeKeyPlatform> {
  const faults: { method: Method; fault: Fault; left: number }[] = [];
  const remembered = new Map<string, { key: PlatformKey; secret: string }>();
  const lateWork: (() => void)[] = [];
  const token = `platform-${randomBytes(16).toString('hex')}`;
  let made = 0;

  const platform: FakeKeyPlatform = {
    url: '', token, keys: new Map(), calls: [], secrets: new Set(), ignoresIdempotencyKeys: false, forgetsMetadata: false, pageSize: 500,
    add(fields = {}) {
      made += 1;
      const id = fields.id ?? `rk-${made}-${randomBytes(4).toString('hex')}`;
      const key: PlatformKey = { id, name: `key ${id}`, owner: 'Team Remote', environment: 'production', scopes: ['orders:read'], created_at: new Date(Date.now() - 86_400_000).toISOString(), ...fields };
      platform.keys.set(id, key);
      return key;
    },
    fail(method, fault, times = 1) {
      faults.push({ method, fault, left: times });
    },
    heal() {
      faults.length = 0;
    },
    catchUp() {
      for (const work of lateWork.splice(0)) work();
    },
    successorsOf: (id) => [...platform.keys.values()].filter((key) => key.metadata?.['keytrail_replaces'] === id || (key.id !== id && key.name.startsWith(`${platform.keys.get(id)?.name} kt-`))),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  const create = (body: Record<string, unknown>, idempotencyKey: string | undefined): { key: PlatformKey; secret: string } => {
    const first = idempotencyKey === undefined || platform.ignoresIdempotencyKeys ? undefined : remembered.get(idempotencyKey);
    if (first !== undefined) return first;
    const { metadata, ...fields } = body as Partial<PlatformKey>;
    const id = `rk-new-${randomBytes(6).toString('hex')}`;
    const key = platform.add({ ...fields, id, created_at: new Date().toISOString(), ...(metadata && !platform.forgetsMetadata && { metadata }) });
    const secret = `live_${randomBytes(24).toString('hex')}`;
    platform.secrets.add(secret);
    if (idempotencyKey !== undefined) remembered.set(idempotencyKey, { key, secret });
    return { key, secret };
  };

  const answerOf = (method: Method, url: URL, body: Record<string, unknown> | undefined, idempotencyKey: string | undefined): { status: number; body?: unknown } => {
    const id = decodeURIComponent(url.pathname.slice('/v1/api-keys'.length).replace(/^\//, ''));
    if (id === '') {
      if (method === 'POST') {
        const { key, secret } = create(body ?? {}, idempotencyKey);
        return { status: 201, body: { ...key, secret } };
      }
      const all = [...platform.keys.values()];
      const from = Number(url.searchParams.get('cursor') ?? 0);
      const next = from + platform.pageSize;
      return { status: 200, body: { data: all.slice(from, next), next_cursor: next < all.length ? String(next) : null } };
    }
    const key = platform.keys.get(id);
    if (key === undefined) return { status: 404, body: { error: 'no such key' } };
    if (method === 'PATCH') Object.assign(key, body);
    if (method !== 'DELETE') return { status: 200, body: key };
    key.revoked_at ??= new Date().toISOString();
    return { status: 204 };
  };

  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const method = request.method as Method;
      const url = new URL(request.url ?? '/', 'http://platform');
      const body = text === '' ? undefined : JSON.parse(text) as Record<string, unknown>;
      const idempotencyKey = request.headers['idempotency-key'] as string | undefined;
      platform.calls.push({ method, path: url.pathname, idempotencyKey, authorization: request.headers.authorization, body });
      if (request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end();
      if (!url.pathname.startsWith('/v1/api-keys')) return void response.writeHead(404).end();
      const at = faults.findIndex((fault) => fault.method === method && fault.left > 0);
      const fault = at === -1 ? undefined : faults[at]!;
      if (fault !== undefined) fault.left -= 1;
      misbehave(fault?.fault, request, response, () => answerOf(method, url, body, idempotencyKey));
    }, () => response.destroy());
  });

  const misbehave = (fault: Fault | undefined, request: IncomingMessage, response: ServerResponse, work: () => { status: number; body?: unknown }): void => {
    if (fault === 'hang') return;
    if (fault === 'late') return void lateWork.push(work);
    if (fault === 'close_before') return void request.socket.destroy();
    if (fault === '500_before') return void response.writeHead(500).end('{"error":"broken"}');
    if (fault === '401' || fault === '404' || fault === '409' || fault === '429') return void response.writeHead(Number(fault)).end('{}');
    const { status, body } = work();
    if (fault === 'close_after') return void request.socket.destroy();
    if (fault === '500_after') return void response.writeHead(500).end('oops');
    if (fault === 'redirect') return void response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end();
    response.writeHead(status, { 'content-type': 'application/json' });
    if (fault === 'garbage') return void response.end('{"id": "rk-', 'utf8');
    if (fault === 'flood') return void response.end(`{"id":"${'x'.repeat(FLOOD_BYTES)}"}`);
    const shown = fault === 'no_secret' && typeof body === 'object' ? { ...body, secret: undefined } : body;
    response.end(shown === undefined ? undefined : JSON.stringify(shown));
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  platform.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return platform;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
