import { ApiKeyPage, CreatedApiKey, Owner, OwnerList, Workspace, type ApiKey } from '@keytrail/contracts';
import type { ApiClient } from './api/api-client.js';
import { ApiError } from './api/errors.js';
import { demoKeys, demoOwners, demoWorkspaces, type KeyProfile } from './traffic/fleet.js';
import type { DemoKey } from './traffic/line.js';

export interface Registry {
  keys: DemoKey[];
  /** Secrets of the keys made in this run, by key id. Never to be printed. */
  secrets: Map<string, string>;
}

/** The key that plays this part: an active one of the service, by name if there are several. */
export function keyFor(profile: KeyProfile, existing: readonly ApiKey[]): ApiKey | undefined {
  const candidates = existing.filter((key) =>
    key.state === 'active' && key.workspace_id === profile.workspace && key.service === profile.service);
  return candidates.find(({ name }) => name === profile.name) ?? candidates[0];
}

async function ensureWorkspaces(client: ApiClient, signal?: AbortSignal): Promise<void> {
  for (const workspace of demoWorkspaces) {
    try {
      await client.request('POST', '/v1/workspaces', Workspace, { json: workspace, signal });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
  }
}

async function ensureOwners(client: ApiClient, signal?: AbortSignal): Promise<Map<string, string>> {
  const { data } = await client.request('GET', '/v1/owners', OwnerList, { signal });
  const ids = new Map(data.filter(({ status }) => status === 'active').map((owner) => [owner.name, owner.owner_id]));
  for (const owner of demoOwners) {
    if (ids.has(owner.name)) continue;
    const created = await client.request('POST', '/v1/owners', Owner, { json: owner, signal });
    ids.set(owner.name, created.owner_id);
  }
  return ids;
}

async function listKeys(client: ApiClient, workspace: string, signal?: AbortSignal): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.request('GET', '/v1/api-keys', ApiKeyPage, { query: { workspace, state: 'active', limit: 1000, cursor }, signal });
    keys.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return keys;
}

/** Makes the demo's workspaces, owners and keys; what an earlier run made is used again. */
export async function prepareRegistry(client: ApiClient, signal?: AbortSignal): Promise<Registry> {
  await ensureWorkspaces(client, signal);
  const owners = await ensureOwners(client, signal);
  const existing = (await Promise.all(demoWorkspaces.map(({ workspace_id }) => listKeys(client, workspace_id, signal)))).flat();
  const keys: DemoKey[] = [];
  const secrets = new Map<string, string>();
  for (const profile of demoKeys) {
    const known = keyFor(profile, existing);
    if (known) {
      keys.push({ profile, keyId: known.key_id });
      continue;
    }
    const { workspace, service, name, scopes } = profile;
    const json = { workspace, service, name, scopes, owner_id: owners.get(profile.owner) };
    const created = await client.request('POST', '/v1/api-keys', CreatedApiKey, { json, signal });
    keys.push({ profile, keyId: created.key_id });
    secrets.set(created.key_id, created.secret);
  }
  return { keys, secrets };
}
