import type { CallerActivity, KeyInput, Rule } from '../types.js';
import { distinct, isDenied, plural, requestsOf } from './activity.js';
import { keyDraft, named } from './draft.js';
import { gravest, type Suspicion } from './suspicion.js';

export interface SuspectMakesCredentialInput extends KeyInput {
  /** What else was found about the key within a day before, and while the calls were made; at least medium. */
  suspicions: readonly Suspicion[];
}

export interface SuspectMakesCredentialSettings {
  /** Operations that make a credential or widen what one may do, as the log names methods. */
  operations: readonly string[];
  /** The same over HTTP: a POST, PUT or PATCH to a route, or a path, that begins like this. */
  routes: readonly string[];
}

export const suspectMakesCredential: Rule<SuspectMakesCredentialInput, SuspectMakesCredentialSettings> = {
  id: 'suspect-makes-credential',
  title: 'A suspect key made a credential or raised rights',
  severity: 'high',
  fires: 'a key with another finding of at least medium within a day called an operation that makes a credential or widens rights (CreateAccessKey, CreateLoginProfile, AttachUserPolicy and others); medium when all was refused',
  why: 'Whoever took a key makes another one first, so that revoking the taken one does not help.',
  response: 'Find what was made (the request ids name the calls) and take it back together with the key itself; revoking the key alone leaves the new one alive.',
  false_positives: 'An administrator whose key set off another rule on the same day.',
  attack: 'T1098.001 Account Manipulation: Additional Cloud Credentials',
  fields: ['key_id', 'method (the operation), or route and method', 'other findings about the key'],
  incident: 'opens',
  settings: {
    operations: [
      'CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile', 'CreateUser', 'AddUserToGroup', 'AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy',
      'PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy', 'CreatePolicyVersion', 'SetDefaultPolicyVersion', 'UpdateAssumeRolePolicy', 'CreateServiceSpecificCredential',
      'UploadSSHPublicKey', 'UploadSigningCertificate', 'GetFederationToken', 'CreateKeyPair', 'ImportKeyPair', 'CreateServiceAccountKey',
    ],
    routes: [],
  },
  decide(input, settings) {
    const why = gravest(input.suspicions);
    if (why === undefined) return [];
    const groups = input.activity.filter((group) => made(group, settings).length > 0);
    if (groups.length === 0) return [];
    const accepted = requestsOf(groups.filter((group) => !isDenied(group)));
    return [keyDraft(suspectMakesCredential, input, groups, {
      severity: accepted > 0 ? 'high' : 'medium',
      summary: `a key under suspicion (${why.severity}: ${why.title}) called ${named(distinct(groups.flatMap((group) => made(group, settings))))}`
        + `; ${accepted} of ${plural(requestsOf(groups), 'call')} in the same minutes were not refused`,
      counts: { not_refused: accepted },
    })];
  },
};

/** Whether calls by a method need a look: most say no. */
export const mayMake = (method: string, { operations, routes }: SuspectMakesCredentialSettings): boolean =>
  operations.includes(method) || (routes.length > 0 && /^(?:POST|PUT|PATCH)$/i.test(method));

/** What of a group makes credentials. A group may hold other calls of the same minute as well. */
export function made({ methods, routes }: Pick<CallerActivity, 'methods' | 'routes'>, { operations, routes: listed }: SuspectMakesCredentialSettings): string[] {
  const named = methods.filter((method) => operations.includes(method));
  if (listed.length === 0 || !methods.some((method) => /^(?:POST|PUT|PATCH)$/i.test(method))) return named;
  return [...named, ...routes.filter((route) => listed.some((start) => route.startsWith(start)))];
}
