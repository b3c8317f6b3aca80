import { createHash, createHmac, createPrivateKey, randomBytes, sign } from 'node:crypto';
import type { IntrospectRequest } from '@keytrail/contracts';
import { callApi, type Served } from '../support/serve.js';

const KEYS = 100;
const EMPTY = createHash('sha256').digest('hex');

/** What clients of the gateway hold; plain, since it goes to another process. */
export interface ClientKeys {
  apiKeys: { secret: string }[];
  serviceTokens: { secret: string }[];
  workspaceKeys: { public_id: string; secret: string }[];
  publicKeys: { public_id: string }[];
  signer: { kid: string; private_key_pem: string };
}

export interface Presented {
  gateway: string;
  ownerId: string;
  keys: ClientKeys;
}

/** Makes a hundred keys of each kind. */
export async function makePresented(server: Served): Promise<Presented> {
  const { owner_id } = await callApi<{ owner_id: string }>(server, '/v1/owners', { name: 'bench', kind: 'team', contact: '#bench' });
  const { token: gateway } = await callApi<{ token: string }>(server, '/v1/access-tokens', { name: 'bench', role: 'gateway' });
  const make = <T>(path: string, fields: object) => Promise.all(Array.from({ length: KEYS }, () => callApi<T>(server, path, { service: 'bench', owner_id, ...fields })));
  const workspace = 'default';
  return {
    gateway, ownerId: owner_id,
    keys: {
      apiKeys: await make('/v1/api-keys', { workspace }), serviceTokens: await make('/v1/service-tokens', { environment: 'production' }),
      workspaceKeys: await make('/v1/workspace-keys', { workspace }), publicKeys: await make('/v1/public-keys', { workspace }),
      signer: await callApi(server, '/v1/signing-keys', { workspace, service: 'bench', owner_id }),
    },
  };
}

/** The body of each call. */
export type BodyOf = (call: number) => Partial<IntrospectRequest>;

/** What a gateway asks about, by the kind of key, for so many calls. */
export const presentedKinds = {
  api_key: ({ apiKeys }) => (call) => ({ token: apiKeys[call % KEYS]!.secret }),
  service_token: ({ serviceTokens }) => (call) => ({ token: serviceTokens[call % KEYS]!.secret }),
  workspace_key: ({ workspaceKeys }) => (call) => ({ signed_request: signedRequest(workspaceKeys[call % KEYS]!) }),
  // A user's token comes with each of the user's calls …
  public_key: (keys) => withUserTokens(keys, KEYS),
  // … and once for the first time.
  new_user_token: (keys, calls) => withUserTokens(keys, calls),
} satisfies Record<string, (keys: ClientKeys, calls: number) => BodyOf>;
export type PresentedKind = keyof typeof presentedKinds;

function withUserTokens({ publicKeys, signer }: ClientKeys, users: number): BodyOf {
  const privateKey = createPrivateKey(signer.private_key_pem);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({ alg: 'ES256', kid: signer.kid });
  const iat = Math.floor(Date.now() / 1000);
  const run = randomBytes(6).toString('hex');
  const tokens = Array.from({ length: users }, (_, user) => {
    const text = `${header}.${part({ entity_type: 'subscriber', entity_id: `user-${run}-${user}`, iat, exp: iat + 3_000 })}`;
    return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  });
  return (call) => ({ public_key: publicKeys[call % KEYS]!.public_id, user_token: tokens[call % users]! });
}

function signedRequest({ public_id, secret }: { public_id: string; secret: string }) {
  const parts = {
    public_id, timestamp: String(Math.floor(Date.now() / 1000)), nonce: randomBytes(12).toString('base64url'), method: 'POST', path: '/v1/orders', query: '',
    body_sha256: EMPTY,
  };
  return { ...parts, signature: createHmac('sha256', secret).update(['KEYTRAIL-HMAC-SHA256', ...Object.values(parts)].join('\n')).digest('hex') };
}
