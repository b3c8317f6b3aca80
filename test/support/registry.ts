import type { CreatedAccessToken, CreatedApiKey, Role } from '@keytrail/contracts';
import type { Answer, CallOptions, TestApp } from './app.js';
import { newName } from './request-lines.js';

/** Makes what a suite needs, over HTTP, as the administrator. */
export interface TestRegistry {
  /** Ids. */
  owner(name?: string): Promise<string>;
  workspace(id: string): Promise<string>;
  key(fields?: Record<string, unknown>): Promise<CreatedApiKey>;
  /** A bearer token; without workspaces it reaches all. */
  token(role: Role, workspaces?: string[]): Promise<string>;
}

export function registryOf(app: TestApp): TestRegistry {
  const made = async <T>(path: string, body: unknown): Promise<T> => {
    const answer = await app.call<T>(path, { body });
    if (answer.status !== 201) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const owner = async (name = newName('owner')) => (await made<{ owner_id: string }>('/v1/owners', { name, kind: 'team', contact: `#${name}` })).owner_id;
  return {
    owner,
    async workspace(id) {
      await made('/v1/workspaces', { workspace_id: id, name: id, environment: 'staging' });
      return id;
    },
    key: async (fields = {}) => made('/v1/api-keys', { workspace: 'default', service: 'payments', owner_id: fields['owner_id'] ?? await owner(), ...fields }),
    token: async (role, workspaces) =>
      (await made<CreatedAccessToken>('/v1/access-tokens', { name: newName(role), role, ...(workspaces && { workspaces }) })).token,
  };
}

/**
 * A call that comes from `address`, through the whole server but for the socket: each address has its own count of failures, and only
 * Linux lends loopback more than one.
 */
export async function callFrom<T = Record<string, unknown>>(app: TestApp, address: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const { token = app.adminToken, body, method = body === undefined ? 'GET' : 'POST' } = options;
  const answer = await app.standalone.app.inject({
    method: method as 'GET', url: path, remoteAddress: address,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }), ...(body !== undefined && { 'content-type': 'application/json' }), ...options.headers,
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  const headers = new Headers(Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]));
  return { status: answer.statusCode, headers, body: (/\bjson\b/.test(headers.get('content-type') ?? '') && answer.body !== '' ? answer.json() : answer.body) as T };
}
