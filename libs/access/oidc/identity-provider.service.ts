import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import * as oidc from 'openid-client';
import type { SignInProblem } from '@keytrail/contracts';
import { AppError, type OidcSettings } from '@keytrail/platform';
import { AccessSettings } from '../access.settings.js';
import { roleOf, type Standing } from './role-of.js';
import type { SignInAttempt } from './sign-in-attempt.js';

const TIMEOUT_S = 10;
const LONGEST_NAME = 200;

/** Somebody whom the provider vouches for, and what they may do here. */
export interface SignedInPerson extends Standing {
  /** The provider's name of them, which never changes. */
  subject: string;
  /** For people. */
  name: string;
}

/** Why nobody is signed in: the person or the provider said no, what came back cannot be believed, or no rule gives them a role. */
export type SignInRefusal = Exclude<SignInProblem, 'sign_in_expired'>;

/** The OpenID Connect provider that people sign in through: authorization code flow (OpenID Connect Core 1.0, 3.1) with PKCE (RFC 7636). */
@Injectable()
export class IdentityProvider {
  private readonly logger = new Logger('access');
  private readonly settings: OidcSettings | undefined;
  /** Of who may sign in and as what; null where nobody can. */
  readonly settingsDigest: string | null;
  private found: Promise<oidc.Configuration> | undefined;

  constructor(settings: AccessSettings) {
    this.settings = settings.oidc;
    this.settingsDigest = settings.oidc === undefined ? null : digestOf(settings.oidc);
  }

  /** undefined: people sign in with access tokens only. */
  get publicUrl(): string | undefined {
    return this.settings?.publicUrl;
  }

  /** Where a browser goes, and what has to be remembered until it comes back. 503 `identity_provider_unavailable` when the provider does not answer. */
  async begin(returnTo: string): Promise<{ url: string; attempt: SignInAttempt }> {
    const settings = this.required();
    const configuration = await this.configuration();
    const attempt = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier(), returnTo };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: callbackOf(settings), scope: settings.scope, state: attempt.state, nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier), code_challenge_method: 'S256',
    });
    return { url: url.href, attempt };
  }

  /** Who came back with this query. 503 `identity_provider_unavailable` when the provider does not answer. */
  async complete(query: string, { state, nonce, verifier }: SignInAttempt): Promise<SignedInPerson | { refused: SignInRefusal }> {
    const settings = this.required();
    const configuration = await this.configuration();
    try {
      const tokens = await oidc.authorizationCodeGrant(configuration, new URL(`${callbackOf(settings)}${query}`), {
        expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true,
      });
      const idToken = tokens.claims();
      if (idToken === undefined) return { refused: 'sign_in_not_believed' };
      // Providers may keep what is not needed for the sign-in itself for whoever asks (Core 1.0, 5.3).
      const more = configuration.serverMetadata().userinfo_endpoint === undefined ? {} : await oidc.fetchUserInfo(configuration, tokens.access_token, idToken.sub);
      const claims: Record<string, unknown> = { ...more, ...idToken };
      const standing = roleOf(claims, settings.roleClaim, settings.roles);
      if (standing === undefined) {
        this.logger.warn(`oidc:${idToken.sub} signed in at the provider, but no rule of KEYTRAIL_OIDC_ROLES fits what ${settings.roleClaim} holds`);
        return { refused: 'no_role' };
      }
      return { ...standing, subject: idToken.sub.slice(0, 256), name: nameOf(claims) };
    } catch (error) {
      return { refused: this.refusalOf(error) };
    }
  }

  /** Found once and kept; a provider that did not answer is asked again the next time. */
  private configuration(): Promise<oidc.Configuration> {
    this.found ??= discover(this.required()).catch((error: unknown) => {
      this.found = undefined;
      throw unavailable(error);
    });
    return this.found;
  }

  /** Says no more of an error than its kind: messages of others may quote what was sent. */
  private refusalOf(error: unknown): SignInRefusal {
    if (isUnavailable(error)) throw unavailable(error);
    if (error instanceof oidc.AuthorizationResponseError) {
      this.logger.warn(`the identity provider refused a sign-in: ${error.error}`);
      return 'sign_in_denied';
    }
    const kind = error instanceof oidc.ResponseBodyError ? error.error : (error as { code?: unknown }).code;
    this.logger.warn(`a sign-in cannot be believed: ${typeof kind === 'string' ? kind : 'of an unknown kind'}`);
    return 'sign_in_not_believed';
  }

  private required(): OidcSettings {
    if (this.settings !== undefined) return this.settings;
    throw new AppError({ code: 'no_identity_provider', status: 404, message: 'No identity provider is set up: sign in with an access token.' });
  }
}

/** By what the provider says of itself (OpenID Connect Discovery 1.0). Secrets go into the header unless it takes them in the body only. */
async function discover({ issuer, clientId, clientSecret }: OidcSettings): Promise<oidc.Configuration> {
  const options = { timeout: TIMEOUT_S, ...(new URL(issuer).protocol === 'http:' && { execute: [oidc.allowInsecureRequests] }) };
  const found = await oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), options);
  if (clientSecret === null) return found;
  const methods = found.serverMetadata().token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const proof = methods.includes('client_secret_basic') ? oidc.ClientSecretBasic(clientSecret) : oidc.ClientSecretPost(clientSecret);
  const configuration = new oidc.Configuration(found.serverMetadata(), clientId, undefined, proof);
  configuration.timeout = TIMEOUT_S;
  for (const allow of options.execute ?? []) allow(configuration);
  return configuration;
}

const callbackOf = ({ publicUrl }: OidcSettings) => `${publicUrl}/v1/session/oidc/callback`;

const digestOf = ({ issuer, clientId, roleClaim, roles }: OidcSettings) => createHash('sha256').update(JSON.stringify([issuer, clientId, roleClaim, roles])).digest('hex');

function nameOf({ name, preferred_username, email, sub }: Record<string, unknown>): string {
  const said = [name, preferred_username, email, sub].find((value): value is string => typeof value === 'string' && value.trim() !== '') ?? 'somebody';
  return said.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, ' ').trim().slice(0, LONGEST_NAME);
}

/** No answer (a network error somewhere below), none in time, or one of a server in trouble. */
function isUnavailable(error: unknown): boolean {
  for (let at = error as { code?: unknown; status?: unknown; cause?: unknown } | undefined; typeof at === 'object' && at !== null; at = at.cause as typeof at) {
    if (typeof at.code === 'string' && /^(?:E[A-Z]+|UND_ERR_[A-Z_]+|OAUTH_TIMEOUT)$/.test(at.code)) return true;
    if (typeof at.status === 'number' && at.status >= 500) return true;
  }
  return false;
}

const unavailable = (error: unknown) => (error instanceof AppError ? error : new AppError({
  code: 'identity_provider_unavailable', status: 503, message: 'The identity provider does not answer. Try again, or sign in with an access token.', retryAfter: 5,
  internal: `the identity provider could not be asked: ${(error as { code?: string }).code ?? (error as Error).name}`,
}));
