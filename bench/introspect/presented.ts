import { createHash, createHmac, randomBytes } from 'node:crypto';
import { SignJWT, importPKCS8 } from 'jose';
import type { IntrospectRequest } from '@keytrail/contracts';
import { callApi, type Served } from '../support/serve.js';

const KEYS = 100;
const EMPTY = createHash('sha256').digest('hex');

export interface Presented {
  gateway: string;
  ownerId: string;
  /** What a gateway asks about, by the kind of key: the body of each call. */
  byKind: Record<'api_key' | 'service_token' | 'workspace_key' | 'public_key', (call: number) => Partial<IntrospectRequest>>;
}

/** Makes a hundred keys of each kind, and what clients present of them. */
export async function makePresented(server: Served): Promise<Presented> {
  const { owner_id } = await callApi<{ owner_id: string }>(server, '/v1/owners', { name: 'bench', kind: 'team', contact: '#bench' });
  const { token: gateway } = await callApi<{ token: string }>(server, '/v1/access-tokens', { name: 'bench', role: 'gateway' });
  const make = <T>(path: string, fields: object) => Promise.all(Array.from({ length: KEYS }, () => callApi<T>(server, path, { service: 'bench', owner_id, ...fields })));
  const workspace = 'default';
  const apiKeys = await make<{ secret: string }>('/v1/api-keys', { workspace });
  const serviceTokens = await make<{ secret: string }>('/v1/service-tokens', { environment: 'production' });
  const workspaceKeys = await make<{ public_id: string; secret: string }>('/v1/workspace-keys', { workspace });
  const publicKeys = await make<{ public_id: string }>('/v1/public-keys', { workspace });
  const signer = await callApi<{ kid: string; private_key_pem: string }>(server, '/v1/signing-keys', { workspace, service: 'bench', owner_id });
  const privateKey = await importPKCS8(signer.private_key_pem, 'ES256');
  const userTokens = await Promise.all(publicKeys.map((_, index) => new SignJWT({ entity_type: 'subscriber', entity_id: `user-${index}` })
    .setProtectedHeader({ alg: 'ES256', kid: signer.kid }).setIssuedAt().setExpirationTime('50m').sign(privateKey)));
  return {
    gateway, ownerId: owner_id,
    byKind: {
      api_key: (call) => ({ token: apiKeys[call % KEYS]!.secret }),
      service_token: (call) => ({ token: serviceTokens[call % KEYS]!.secret }),
      workspace_key: (call) => ({ signed_request: signed(workspaceKeys[call % KEYS]!) }),
      public_key: (call) => ({ public_key: publicKeys[call % KEYS]!.public_id, user_token: userTokens[call % KEYS]! }),
    },
  };
}

function signed({ public_id, secret }: { public_id: string; secret: string }) {
  const parts = {
    public_id, timestamp: String(Math.floor(Date.now() / 1000)), nonce: randomBytes(12).toString('base64url'), method: 'POST', path: '/v1/orders', query: '',
    body_sha256: EMPTY,
  };
  return { ...parts, signature: createHmac('sha256', secret).update(['KEYTRAIL-HMAC-SHA256', ...Object.values(parts)].join('\n')).digest('hex') };
}
