import type { EntityUse } from '../entity-memory.js';
import type { KeyInput, Rule } from '../types.js';
import { plural } from './activity.js';
import { keyDraft } from './draft.js';

export interface UserTokenMintingInput extends KeyInput {
  /** Users whose tokens came in `activity`, with what was seen of each in the last ten minutes. */
  entities: readonly EntityUse[];
}

export interface UserTokenMintingSettings {
  /** Distinct times of issue among one user's tokens. */
  max_tokens: number;
  /** Networks that one user's tokens came from. */
  max_networks: number;
}

export const userTokenMinting: Rule<UserTokenMintingInput, UserTokenMintingSettings> = {
  id: 'user-token-minting',
  title: 'One user\'s tokens are made or used at an abnormal rate',
  severity: 'medium',
  fires: 'within 10 minutes one user came with 10 or more different tokens, or from 6 or more networks',
  why: 'A token lives for up to an hour, and its user is in one place. Many new ones mean a program that mints them; many networks, one that was handed round.',
  response: 'Ask the service that signs who asked it for these tokens. If nobody should have, replace the signing key: its tokens end with it.',
  false_positives: 'A client that refreshes with every call, a load test with one user, or a shared account. Ids of test users can be left out by suppressing the finding.',
  attack: 'T1606.001 Forge Web Credentials',
  fields: ['key_id', 'attributes.jwt_entity_id, jwt_iat', 'address'],
  incident: 'opens',
  settings: { max_tokens: 9, max_networks: 5 },
  decide(input, settings) {
    return input.entities.filter(({ tokens, networks }) => tokens > settings.max_tokens || networks > settings.max_networks).map(({ entity, tokens, networks, groups }) =>
      keyDraft(userTokenMinting, input, groups, {
        summary: `the user ${entity} came with ${plural(tokens, 'token')} from ${plural(networks, 'network')} within 10 minutes`,
        counts: { tokens, networks }, evidence: { window_minutes: 10, seen: Math.max(tokens, networks) }, episode: `${input.key_id}:${entity}`,
      }));
  },
};
