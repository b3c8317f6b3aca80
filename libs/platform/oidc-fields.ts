import { z } from 'zod';
import { printableSecret, secretFile } from './setting-checks.js';

/** What people may be. (The other roles are for machines.) */
const PERSON_ROLES = ['viewer', 'responder', 'admin'] as const;

/** Whoever's claim holds `value` has this role, in these workspaces. */
export interface RoleRule {
  value: string;
  role: typeof PERSON_ROLES[number];
  /** null = all. */
  workspaces: string[] | null;
}

const RULE = new RegExp(`^(.+)=(${PERSON_ROLES.join('|')})(?:@([A-Za-z0-9._-]{1,64}(?:\\|[A-Za-z0-9._-]{1,64})*))?$`);

const roleRules = z.string().transform((text, context): RoleRule[] => {
  const rules = text.split(',').map((part) => part.trim()).filter((part) => part !== '').map((part) => RULE.exec(part));
  if (rules.length > 0 && rules.every((rule) => rule !== null)) {
    return rules.map(([, value = '', role, workspaces]) => ({ value: value.trim(), role: role as RoleRule['role'], workspaces: workspaces?.split('|') ?? null }));
  }
  context.addIssue({ code: 'custom', message: `must be value=role or value=role@workspace|workspace, separated by commas; roles are ${PERSON_ROLES.join(', ')}` });
  return z.NEVER;
});

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const issuer = z.url({ protocol: /^https?$/, message: 'must be an https URL' })
  .refine((value) => !URL.canParse(value) || new URL(value).protocol === 'https:' || LOOPBACK.test(new URL(value).hostname), { message: 'must be an https URL; plain http serves on this machine only' });

/** An OpenID Connect provider that people sign in through. Read by processes that serve the dashboard. */
export const oidcFields = {
  KEYTRAIL_OIDC_ISSUER: issuer.optional().describe('OpenID Connect provider through which people sign in; absent = access tokens only'),
  KEYTRAIL_OIDC_CLIENT_ID: z.string().min(1).max(256).optional().describe('What the provider knows Keytrail as'),
  KEYTRAIL_OIDC_CLIENT_SECRET: printableSecret.optional().describe('Secret of that client; absent = a public client (PKCE alone)'),
  KEYTRAIL_OIDC_CLIENT_SECRET_FILE: secretFile('a client secret').optional().describe('The same from a file'),
  KEYTRAIL_OIDC_SCOPES: z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'must be scopes, separated by spaces').default('openid profile email')
    .describe('Scopes that are asked for; openid is always'),
  KEYTRAIL_OIDC_ROLE_CLAIM: z.string().min(1).max(128).default('groups').describe('Claim that decides the role, a text or a list of them; a dotted path leads into objects'),
  KEYTRAIL_OIDC_ROLES: roleRules.optional().describe('Roles by what that claim holds: value=role or value=role@workspace|workspace, separated by commas'),
};

/** What they must be to each other, and to the address under which people reach Keytrail. */
export function checkOidc(settings: unknown, context: z.RefinementCtx<unknown>): void {
  if (typeof settings !== 'object' || settings === null) return;
  const given = settings as Record<string, unknown>;
  const fail = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  if (given['KEYTRAIL_OIDC_ISSUER'] === undefined) {
    for (const name of ['KEYTRAIL_OIDC_CLIENT_ID', 'KEYTRAIL_OIDC_CLIENT_SECRET', 'KEYTRAIL_OIDC_CLIENT_SECRET_FILE', 'KEYTRAIL_OIDC_ROLES']) {
      if (given[name] !== undefined) fail(name, 'needs KEYTRAIL_OIDC_ISSUER');
    }
    return;
  }
  if (given['KEYTRAIL_OIDC_CLIENT_ID'] === undefined) fail('KEYTRAIL_OIDC_ISSUER', 'needs KEYTRAIL_OIDC_CLIENT_ID');
  if (given['KEYTRAIL_OIDC_ROLES'] === undefined) fail('KEYTRAIL_OIDC_ISSUER', 'needs KEYTRAIL_OIDC_ROLES: nobody would have a role');
  if (given['KEYTRAIL_PUBLIC_URL'] === undefined) fail('KEYTRAIL_OIDC_ISSUER', 'needs KEYTRAIL_PUBLIC_URL, where the provider sends people back to');
  if (given['KEYTRAIL_OIDC_CLIENT_SECRET'] !== undefined && given['KEYTRAIL_OIDC_CLIENT_SECRET_FILE'] !== undefined) {
    fail('KEYTRAIL_OIDC_CLIENT_SECRET', 'set this or KEYTRAIL_OIDC_CLIENT_SECRET_FILE, not both');
  }
}

/** What those settings come to. */
export interface OidcSettings {
  issuer: string;
  clientId: string;
  /** null: a public client. */
  clientSecret: string | null;
  scope: string;
  roleClaim: string;
  roles: readonly RoleRule[];
  /** Where people reach Keytrail, without a slash at its end. */
  publicUrl: string;
}

/** undefined where no provider is named. */
export function oidcOf(settings: z.infer<z.ZodObject<typeof oidcFields>> & { KEYTRAIL_PUBLIC_URL?: string | undefined }): OidcSettings | undefined {
  const { KEYTRAIL_OIDC_ISSUER, KEYTRAIL_OIDC_CLIENT_ID: clientId, KEYTRAIL_PUBLIC_URL: publicUrl, KEYTRAIL_OIDC_SCOPES: scopes } = settings;
  if (KEYTRAIL_OIDC_ISSUER === undefined || clientId === undefined || publicUrl === undefined) return undefined;
  return {
    issuer: KEYTRAIL_OIDC_ISSUER, clientId, clientSecret: settings.KEYTRAIL_OIDC_CLIENT_SECRET ?? settings.KEYTRAIL_OIDC_CLIENT_SECRET_FILE ?? null,
    scope: [...new Set(['openid', ...scopes.split(' ')])].join(' '), roleClaim: settings.KEYTRAIL_OIDC_ROLE_CLAIM, roles: settings.KEYTRAIL_OIDC_ROLES ?? [], publicUrl,
  };
}
