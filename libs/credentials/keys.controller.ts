import { Body, Controller, Get, Headers, Param, Patch, Post, Query, type Type } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  ApiKey, ApiKeyPage, CreateApiKey, CreatePublicKey, CreateServiceToken, CreateSigningKey, CreateWorkspaceKey, IssuedApiKey, IssuedPublicKey,
  IssuedServiceToken, IssuedSigningKey, IssuedWorkspaceKey, KeyQuery, Problem, PublicKey, PublicKeyPage, ServiceToken, ServiceTokenPage, SigningKey, SigningKeyPage,
  UpdateApiKey, UpdatePublicKey, UpdateServiceToken, UpdateSigningKey, UpdateWorkspaceKey, WorkspaceKey, WorkspaceKeyPage, type IssuedKind,
} from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, idempotencyKeyOf, type Caller } from '@keytrail/platform';
import { KeyAuthorities } from './authority/key-authorities.service.js';
import type { KeyPatch, NewKeyRequest } from './authority/key-authority.js';
import { Credentials } from './credentials.service.js';
import { kindRules } from './kinds.js';

/** What a kind takes and answers. */
interface KeySchemas {
  create: z.ZodType<NewKeyRequest>; update: z.ZodType<KeyPatch>; shown: z.ZodType; page: z.ZodType; issued: z.ZodType;
}

const Repeatable = () => ApiHeader({
  name: 'Idempotency-Key', required: false, description: 'A repeated call with this key changes nothing more, and shows no secret again',
});

/** The operations on keys of one kind, the same for each kind. Revoking and replacing one is containment. */
function keysController<Path extends 'api-keys' | 'service-tokens' | 'workspace-keys' | 'public-keys' | 'signing-keys'>(
  kind: IssuedKind, path: Path, schemas: KeySchemas,
): Type {
  const { noun, once } = kindRules[kind];
  const shownOnce = once.length > 0 ? '; what is secret in it is shown once' : '';

  @ApiTags('keys')
  @Controller(`v1/${path}`)
  class KeysController {
    constructor(private readonly credentials: Credentials, private readonly authorities: KeyAuthorities) {}

    @Post()
    @RequirePermission(`${path}:write`)
    @ApiOperation({ summary: `Issue one: ${noun}${shownOnce}` })
    @Repeatable()
    @ApiResponse({ status: 201, standardSchema: schemas.issued })
    create(@CurrentCaller() caller: Caller, @Body({ schema: schemas.create }) body: NewKeyRequest, @Headers('idempotency-key') idempotencyKey: string | undefined) {
      return this.authorities.named(body.authority).create(caller, kind, body, idempotencyKeyOf(idempotencyKey));
    }

    @Get()
    @RequirePermission(`${path}:read`)
    @ApiOperation({ summary: `Each ${noun}, newest first` })
    @ApiQueryOf(KeyQuery)
    @ApiResponse({ status: 200, standardSchema: schemas.page })
    list(@CurrentCaller() caller: Caller, @Query({ schema: KeyQuery }) query: KeyQuery) {
      return this.credentials.list(caller.scope, kind, query);
    }

    @Get(':key_id')
    @RequirePermission(`${path}:read`)
    @ApiOperation({ summary: `One ${noun}` })
    @ApiResponse({ status: 200, standardSchema: schemas.shown })
    get(@CurrentCaller() caller: Caller, @Param('key_id') keyId: string) {
      return this.credentials.get(caller.scope, kind, keyId);
    }

    @Patch(':key_id')
    @RequirePermission(`${path}:write`)
    @ApiOperation({ summary: `Change a ${noun}: its name, owner, scopes, end or rotation date` })
    @ApiResponse({ status: 200, standardSchema: schemas.shown })
    @ApiResponse({ status: 409, description: 'It is revoked', standardSchema: Problem })
    @ApiResponse({ status: 502, description: 'The key platform that keeps it did not do it, or did not say so', standardSchema: Problem })
    async update(@CurrentCaller() caller: Caller, @Param('key_id') keyId: string, @Body({ schema: schemas.update }) body: KeyPatch) {
      return (await this.authorities.of(keyId)).update(caller, kind, keyId, body);
    }
  }
  // The description of the API names operations by their class.
  Object.defineProperty(KeysController, 'name', { value: `${noun.replace(/(?:^| )(\w)/g, (_, letter: string) => letter.toUpperCase())}sController` });
  return KeysController;
}

/** Keys of every kind over HTTP. */
export const keysControllers: readonly Type[] = [
  keysController('api_key', 'api-keys', {
    create: CreateApiKey, update: UpdateApiKey, shown: ApiKey, page: ApiKeyPage, issued: IssuedApiKey,
  }),
  keysController('service_token', 'service-tokens', {
    create: CreateServiceToken, update: UpdateServiceToken, shown: ServiceToken, page: ServiceTokenPage, issued: IssuedServiceToken,
  }),
  keysController('workspace_key', 'workspace-keys', {
    create: CreateWorkspaceKey, update: UpdateWorkspaceKey, shown: WorkspaceKey, page: WorkspaceKeyPage, issued: IssuedWorkspaceKey,
  }),
  keysController('public_key', 'public-keys', {
    create: CreatePublicKey, update: UpdatePublicKey, shown: PublicKey, page: PublicKeyPage, issued: IssuedPublicKey,
  }),
  keysController('signing_key', 'signing-keys', {
    create: CreateSigningKey, update: UpdateSigningKey, shown: SigningKey, page: SigningKeyPage, issued: IssuedSigningKey,
  }),
];
