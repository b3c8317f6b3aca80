import {
  PublicKeyReplacement, Replacement, ServiceTokenReplacement, SigningKeyReplacement, WorkspaceKeyReplacement, issuedKinds, type IssuedKind, type Permission,
} from '@keytrail/contracts';
import type { z } from 'zod';

/** Of each kind of key: what people call it, where the API serves it, and what a replacement answers. */
export const kinds = {
  api_key: { noun: 'API key', path: 'api-keys', replacement: Replacement },
  service_token: { noun: 'service token', path: 'service-tokens', replacement: ServiceTokenReplacement },
  workspace_key: { noun: 'workspace key', path: 'workspace-keys', replacement: WorkspaceKeyReplacement },
  public_key: { noun: 'public key', path: 'public-keys', replacement: PublicKeyReplacement },
  signing_key: { noun: 'signing key', path: 'signing-keys', replacement: SigningKeyReplacement },
} as const satisfies Record<IssuedKind, { noun: string; path: string; replacement: z.ZodType }>;

export const isIssuedKind = (kind: string): kind is IssuedKind => (issuedKinds as readonly string[]).includes(kind);

export const revokePermission = (kind: IssuedKind): Permission => `${kinds[kind].path}:revoke`;
