import type { CreatedApiKey } from '@keytrail/contracts';
import { callApi, type Served } from '../support/serve.js';
import type { Line } from './topic.js';

/** Lines that must make one rule speak at once, and how its finding is told from others. */
export interface RuleCase {
  rule: string;
  /** `key_id` or first address of the finding. */
  subject: string;
  lines(now: number): Line[];
}

const BROWSER = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

/** Cases of three rules in turn: the state of a key, what a credential is, and what several lines have in common. */
export async function ruleCases(server: Served, count: number): Promise<RuleCase[]> {
  const { owner_id } = await callApi<{ owner_id: string }>(server, '/v1/owners', { name: 'bench', kind: 'team', contact: '#bench' });
  const cases: RuleCase[] = [];
  for (let index = 0; index < count; index += 1) cases.push(await [usedAfterRevocation, usedByHand, probing][index % 3]!(server, owner_id, index));
  return cases;
}

async function usedAfterRevocation(server: Served, owner_id: string, index: number): Promise<RuleCase> {
  const { key_id } = await callApi<CreatedApiKey>(server, '/v1/api-keys', { workspace: 'default', service: 'bench', owner_id });
  await callApi(server, `/v1/api-keys/${key_id}`, undefined, 'DELETE');
  return { rule: 'revoked-key-use', subject: key_id, lines: (time) => [{ time, key_id, address: addressOf(index, 1) }] };
}

async function usedByHand(_server: Served, _owner: string, index: number): Promise<RuleCase> {
  const key_id = `deploy-token-${index}`;
  return {
    rule: 'machine-credential-by-hand', subject: key_id,
    lines: (time) => [{ time, key_id, credential_kind: 'service_token', address: addressOf(index, 1), user_agent: BROWSER }],
  };
}

async function probing(_server: Served, _owner: string, index: number): Promise<RuleCase> {
  const address = addressOf(index, 1);
  return {
    rule: 'unknown-key-probing', subject: address,
    lines: (time) => Array.from({ length: 5 }, (_, key) => ({ time, key: `bench-unknown-${index}-${key}`, status: 401, address })),
  };
}

/** A network of its own for each case. */
const addressOf = (index: number, host: number) => `10.${100 + Math.floor(index / 250)}.${index % 250}.${host}`;
