import { z } from 'zod';
import { Role, permissions } from './access.js';
import { timestamp } from './text.js';

/** Whatever changes something and proves itself by a session's cookie carries this header: a foreign page cannot set it without being asked first. */
export const PAGE_HEADER = 'keytrail-page';

export const Session = z.object({
  name: z.string(), role: Role, permissions: z.array(z.enum(permissions)).describe('What the role may do'),
  workspaces: z.array(z.string()).nullable().describe('null = all'),
  session_id: z.string().nullable().describe('null: the call proved itself by a token, not by a session'), expires_at: timestamp.nullable(),
}).meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;

export const OpenSession = z.object({
  session_id: z.string(), token_id: z.string().nullable().describe('null: opened through the identity provider'),
  subject: z.string().nullable().describe('What the identity provider calls them; null: opened by an access token'), name: z.string().describe('Of the token that opened it, or of the person'), role: Role, address: z.string(), user_agent: z.string(),
  created_at: timestamp, expires_at: timestamp,
}).meta({ id: 'OpenSession' });
export type OpenSession = z.infer<typeof OpenSession>;
export const OpenSessionList = z.object({ data: z.array(OpenSession) }).meta({ id: 'OpenSessionList' });
export type OpenSessionList = z.infer<typeof OpenSessionList>;

export const SignInQuery = z.object({
  return_to: z.string().max(2_000).optional().describe('Path of the dashboard to go on with; the overview when it leads elsewhere'),
});
export type SignInQuery = z.infer<typeof SignInQuery>;

export const SignInMethods = z.object({
  access_token: z.literal(true), oidc: z.string().nullable().describe('Where a browser goes to sign in through the identity provider; null: there is none'),
}).meta({ id: 'SignInMethods' });
export type SignInMethods = z.infer<typeof SignInMethods>;

/** Why the identity provider's answer signed nobody in: stands in the address of the dashboard as `sign_in`. */
export const SignInProblem = z.enum(['sign_in_denied', 'sign_in_not_believed', 'sign_in_expired', 'no_role']);
export type SignInProblem = z.infer<typeof SignInProblem>;
