import { newAdminTokenNotice } from '@keytrail/startup';

export interface BannerFacts {
  url: string;
  /** Set when one was made just now; it is shown this once. */
  newAdminToken: string | undefined;
  adminTokenFromEnvironment: boolean;
  dataDir: string;
  stores: string;
  kafkaTopics: readonly string[];
}

/** What a newcomer needs to know, in one block. */
export function banner(facts: BannerFacts): string {
  const signIn = facts.newAdminToken !== undefined
    ? newAdminTokenNotice(facts.newAdminToken)
    : ['Sign in with', `  export KEYTRAIL_TOKEN=<${facts.adminTokenFromEnvironment ? 'the token in KEYTRAIL_ADMIN_TOKEN' : 'the admin token shown at the first start'}>`,
      ...(facts.adminTokenFromEnvironment ? [] : ['  (lost it? start once with KEYTRAIL_ADMIN_TOKEN set to a new one)'])];
  const lines = [
    `Keytrail is up at ${facts.url}`,
    `  Dashboard                 ${facts.url}`,
    `  API and its description   ${facts.url}/docs`,
    `  Stores                    ${facts.stores}`,
    `  Kafka                     ${facts.kafkaTopics.length === 0 ? 'off (set KEYTRAIL_KAFKA_BROKERS)' : facts.kafkaTopics.join(', ')}`,
    '',
    ...signIn,
    '',
    'Send the first request log:',
    '',
    `  curl -X POST ${facts.url}/v1/request-logs \\`,
    '    -H "Authorization: Bearer $KEYTRAIL_TOKEN" -H "Content-Type: application/json" \\',
    '    -d \'{"time":"\'$(date -u +%FT%TZ)\'","request_id":"r1","key_id":"my-key","method":"GET","path":"/hello","status":200,"address":"192.0.2.1"}\'',
    '',
    'and find it again:',
    '',
    `  curl ${facts.url}/v1/request-logs/r1 -H "Authorization: Bearer $KEYTRAIL_TOKEN"`,
  ];
  const rule = '-'.repeat(78);
  return [rule, ...lines, rule, ''].join('\n');
}
