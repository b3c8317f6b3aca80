import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, type Type } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  BlastRadius, Problem, PublicKeyReplacement, Replacement, RevokeAndReplace, RevokeQuery, RotateKey, ServiceTokenReplacement, SigningKeyReplacement, WorkspaceKeyReplacement,
  type IssuedKind,
} from '@keytrail/contracts';
import { kindRules } from '@keytrail/credentials';
import { ApiQueryOf, CurrentCaller, RequirePermission, idempotencyKeyOf, type Caller } from '@keytrail/platform';
import { BlastRadiusService } from './blast-radius.service.js';
import { Containments } from './containment.service.js';

const Repeatable = () => ApiHeader({
  name: 'Idempotency-Key', required: false, description: 'A repeated call with this key changes nothing more, and shows no secret again',
});

/** Containment of a key of one kind, the same for each kind. */
function keyContainment<Path extends 'api-keys' | 'service-tokens' | 'workspace-keys' | 'public-keys' | 'signing-keys'>(
  kind: IssuedKind, path: Path, answer: z.ZodType,
): Type {
  const { noun } = kindRules[kind];

  @ApiTags('containment')
  @Controller(`v1/${path}`)
  class KeyContainmentController {
    constructor(private readonly containments: Containments, private readonly radius: BlastRadiusService) {}

    @Get(':key_id/blast-radius')
    @RequirePermission(`${path}:read`)
    @ApiOperation({ summary: `What would break if a ${noun} were revoked; a revocation cannot be undone` })
    @ApiResponse({ status: 200, standardSchema: BlastRadius })
    blastRadius(@CurrentCaller() caller: Caller, @Param('key_id') keyId: string): Promise<BlastRadius> {
      return this.radius.of(caller.scope, kind, keyId);
    }

    @Delete(':key_id')
    @HttpCode(204)
    @RequirePermission(`${path}:revoke`)
    @ApiOperation({ summary: `Revoke a ${noun} for good, without a successor; its containment shows the proof` })
    @ApiQueryOf(RevokeQuery)
    @ApiResponse({ status: 204, description: 'Revoked, now or before' })
    @ApiResponse({ status: 502, description: 'The key platform that keeps it has not confirmed it yet; the problem names the containment', standardSchema: Problem })
    async revoke(@CurrentCaller() caller: Caller, @Param('key_id') keyId: string, @Query({ schema: RevokeQuery }) query: RevokeQuery): Promise<void> {
      await this.containments.revoke(caller, kind, keyId, query.reason ?? null);
    }

    @Post(':key_id/revoke-and-replace')
    @HttpCode(200)
    @RequirePermission(`${path}:revoke`)
    @ApiOperation({ summary: `Revoke a ${noun} and issue its successor in one step; it cannot be undone` })
    @Repeatable()
    @ApiResponse({ status: 200, standardSchema: answer })
    @ApiResponse({ status: 409, description: 'Somebody else was first (the problem names the containment), or its owner cannot take a sealed secret', standardSchema: Problem })
    revokeAndReplace(
      @CurrentCaller() caller: Caller, @Param('key_id') keyId: string, @Body({ schema: RevokeAndReplace }) body: RevokeAndReplace,
      @Headers('idempotency-key') idempotencyKey: string | undefined,
    ) {
      const { grace, ...order } = body;
      const overlap = grace === 0 ? undefined : { seconds: grace, on_overlap_end: 'revoke' as const, complete_when_safe: false };
      return this.containments.replace(caller, kind, keyId, { ...order, action: 'revoke_and_replace', overlap }, idempotencyKeyOf(idempotencyKey));
    }

    @Post(':key_id/rotate')
    @HttpCode(200)
    @RequirePermission(`${path}:write`)
    @ApiOperation({ summary: `Issue the successor of a ${noun}; with an overlap both live until it is completed, without one it is revoked at once` })
    @Repeatable()
    @ApiResponse({ status: 200, standardSchema: answer })
    @ApiResponse({ status: 409, description: 'It is revoked, it has a successor already, or its owner has left', standardSchema: Problem })
    rotate(
      @CurrentCaller() caller: Caller, @Param('key_id') keyId: string, @Body({ schema: RotateKey }) body: RotateKey,
      @Headers('idempotency-key') idempotencyKey: string | undefined,
    ) {
      const { reason = null, hand_over, overlap: seconds, on_overlap_end, complete_when_safe } = body;
      const overlap = seconds === undefined ? undefined : { seconds, on_overlap_end, complete_when_safe };
      return this.containments.replace(caller, kind, keyId, { action: 'rotate', reason, hand_over, overlap }, idempotencyKeyOf(idempotencyKey));
    }
  }
  // The description of the API names operations by their class.
  Object.defineProperty(KeyContainmentController, 'name', { value: `${noun.replace(/(?:^| )(\w)/g, (_, letter: string) => letter.toUpperCase())}ContainmentController` });
  return KeyContainmentController;
}

/** Containment of keys of every kind over HTTP. */
export const keyContainmentControllers: readonly Type[] = [
  keyContainment('api_key', 'api-keys', Replacement),
  keyContainment('service_token', 'service-tokens', ServiceTokenReplacement),
  keyContainment('workspace_key', 'workspace-keys', WorkspaceKeyReplacement),
  keyContainment('public_key', 'public-keys', PublicKeyReplacement),
  keyContainment('signing_key', 'signing-keys', SigningKeyReplacement),
];
