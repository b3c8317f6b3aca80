import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { CreateApiKey, CreateOwner, CreateWorkspace, RequestLogLine } from '@keytrail/contracts';

export interface SeenCall {
  call: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  lines: RequestLogLine[];
}

interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

const time = '2025-11-21T08:00:00.000Z';

const workspaceSettings = { enhanced_security: false, rotation_policy: { api_key: 180, workspace_key: 180, public_key: 365, signing_key: 365 } };

/** Just enough of Keytrail's HTTP interface to play the demo against, with everything it was asked. Loopback, a free port. */
export class FakeKeytrail {
  readonly calls: SeenCall[] = [];
  readonly keys: Record<string, unknown>[] = [];
  readonly owners: Record<string, unknown>[] = [];
  readonly stored: RequestLogLine[] = [];
  readonly batches = new Set<string>();
  /** Answers given instead of the usual ones, first to first, by `METHOD /path`. */
  readonly instead = new Map<string, Answer[]>();
  incidents: unknown[] = [];
  baseUrl = '';
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status, body, headers } = this.answer(request, Buffer.concat(chunks));
      response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', ...headers });
      response.end(JSON.stringify(body));
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    this.baseUrl = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  revoke(keyId: string, at: number, successor: string): void {
    const key = this.keys.find(({ key_id }) => key_id === keyId);
    if (!key) throw new Error(`no key ${keyId}`);
    this.keys.push({ ...key, key_id: successor, replaces: keyId });
    Object.assign(key, { state: 'revoked', revoked_at: new Date(at).toISOString(), replaced_by: successor });
  }

  private answer(request: IncomingMessage, raw: Buffer): Answer {
    const url = new URL(request.url ?? '/', this.baseUrl);
    const call = `${request.method ?? ''} ${url.pathname}`;
    const seen: SeenCall = { call, query: url.searchParams, headers: request.headers, lines: [] };
    this.calls.push(seen);
    const planned = this.instead.get(call)?.shift();
    if (planned) return planned;
    const body = call === 'POST /v1/request-logs' || raw.length === 0 ? undefined : JSON.parse(raw.toString()) as unknown;
    switch (call) {
      case 'POST /v1/workspaces': return { status: 201, body: { ...CreateWorkspace.parse(body), ...workspaceSettings, created_at: time } };
      case 'GET /v1/owners': return { status: 200, body: { data: this.owners } };
      case 'POST /v1/owners': return { status: 201, body: this.addOwner(CreateOwner.parse(body)) };
      case 'GET /v1/api-keys': return { status: 200, body: this.pageOfKeys(url.searchParams) };
      case 'POST /v1/api-keys': return { status: 201, body: { ...this.addKey(CreateApiKey.parse(body)), secret: 'kt_secret_of_the_demo', replayed: false } };
      case 'GET /v1/incidents': return { status: 200, body: { data: this.incidents, next_cursor: null } };
      case 'GET /v1/request-logs': return { status: 200, body: this.newest(url.searchParams) };
      case 'POST /v1/introspect': return { status: 200, body: { active: false, reason: 'revoked', fingerprint: 'fp' } };
      case 'POST /v1/request-logs': return this.store(seen, raw);
    }
    const key = this.keys.find(({ key_id }) => call === `GET /v1/api-keys/${String(key_id)}`);
    return key ? { status: 200, body: key } : { status: 404, body: { title: 'Not found', status: 404, code: 'not_found' } };
  }

  private addOwner(owner: CreateOwner) {
    const added = { public_key: null, email: null, handle: null, external_id: null, escalation: [], source: null, ...owner, owner_id: `own_${this.owners.length + 1}`, status: 'active', created_at: time, left_at: null };
    this.owners.push(added);
    return added;
  }

  private addKey({ workspace, owner_id, ...key }: CreateApiKey) {
    const owner = this.owners.find((candidate) => candidate.owner_id === owner_id);
    const added = {
      ...key, key_id: `key_${this.keys.length + 1}`, kind: 'api_key', workspace_id: workspace, environment: 'production', owner, state: 'active',
      hint: 'abcd', fingerprint: 'fp', created_at: time, created_by: 'demo', expires_at: null, rotated_at: null, rotation_due_at: time, revoked_at: null, revoked_by: null,
      revoke_reason: null, replaces: null, replaced_by: null, authority: 'registry', canary: false,
    };
    this.keys.push(added);
    return added;
  }

  private pageOfKeys(query: URLSearchParams) {
    return { data: this.keys.filter((key) => key.workspace_id === query.get('workspace') && key.state === query.get('state')), next_cursor: null };
  }

  private newest(query: URLSearchParams) {
    const line = this.stored.findLast(({ workspace }) => workspace === query.get('workspace'));
    const empty = {
      key_fingerprint: '', refusal_reason: '', origin: '', referer: '', tenant: '', country: '', attributes: {}, source: '', outcome: 'authorised',
    };
    return { data: line ? [{ ...empty, ...line, workspace_id: line.workspace }] : [], next_cursor: null };
  }

  private store(seen: SeenCall, raw: Buffer): Answer {
    seen.lines = gunzipSync(raw).toString().trimEnd().split('\n').map((line) => RequestLogLine.parse(JSON.parse(line)));
    const key = String(seen.headers['idempotency-key']);
    const duplicate = this.batches.has(key);
    this.batches.add(key);
    if (!duplicate) this.stored.push(...seen.lines);
    return { status: 200, body: { received: seen.lines.length, stored: seen.lines.length, dead_lettered: 0, duplicate, errors: [] } };
  }
}
