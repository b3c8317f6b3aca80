import type { AnyKey, IssuedKind } from '@keytrail/contracts';
import type { Answer, TestApp } from './app.js';
import type { TestRegistry } from './registry.js';

/** A key of any kind as it is answered when it is made. */
export type IssuedKey = AnyKey & {
  replayed: boolean; secret?: string | null; private_key_pem?: string | null; private_key_pem_base64?: string | null; public_id?: string; kid?: string;
};

export interface KindUnderTest {
  kind: IssuedKind;
  path: string;
  /** Members that are shown once. */
  once: readonly (keyof IssuedKey)[];
  accountWide: boolean;
  takesScopes: boolean;
}

/** The five kinds, as the documentation lists them: on purpose not taken from the code that is tested. */
export const keyKinds: readonly KindUnderTest[] = [
  { kind: 'api_key', path: '/v1/api-keys', once: ['secret'], accountWide: false, takesScopes: true },
  { kind: 'service_token', path: '/v1/service-tokens', once: ['secret'], accountWide: true, takesScopes: true },
  { kind: 'workspace_key', path: '/v1/workspace-keys', once: ['secret'], accountWide: false, takesScopes: true },
  { kind: 'public_key', path: '/v1/public-keys', once: [], accountWide: false, takesScopes: true },
  { kind: 'signing_key', path: '/v1/signing-keys', once: ['private_key_pem', 'private_key_pem_base64'], accountWide: false, takesScopes: false },
];

/** A body that makes a key of this kind. */
export const newKeyBody = ({ accountWide, takesScopes }: KindUnderTest, owner_id: string, fields: object = {}) => ({
  ...(accountWide ? { environment: 'production' } : { workspace: 'default' }), service: 'payments', owner_id, ...(takesScopes && { scopes: ['orders:read'] }), ...fields,
});

/** Makes a key of this kind with an owner of its own, as the administrator. */
export async function issueKey(app: TestApp, registry: TestRegistry, kind: KindUnderTest, fields: { owner_id?: string } & Record<string, unknown> = {}): Promise<IssuedKey> {
  const answer: Answer<IssuedKey> = await app.call(kind.path, { body: newKeyBody(kind, fields.owner_id ?? await registry.owner(), fields) });
  if (answer.status !== 201) throw new Error(`${kind.path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
