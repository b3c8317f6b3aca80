import { SettingsError } from '@keytrail/platform';
import type { JwtSettings } from './jwt-verifier.js';

interface JwtEnvironment {
  KEYTRAIL_JWT_ISSUER?: string | undefined;
  KEYTRAIL_JWT_AUDIENCE: string;
  KEYTRAIL_JWKS_URL?: string | undefined;
  KEYTRAIL_JWKS_FILE?: string | undefined;
}

/** JWT settings of an environment; undefined when no issuer is named. Throws a `SettingsError` when the keys of the issuer are not named once. */
export function jwtSettingsOf(env: JwtEnvironment): JwtSettings | undefined {
  const { KEYTRAIL_JWT_ISSUER: issuer, KEYTRAIL_JWT_AUDIENCE: audience, KEYTRAIL_JWKS_URL: url, KEYTRAIL_JWKS_FILE: file } = env;
  if (issuer === undefined) return undefined;
  if (url !== undefined && file === undefined) return { issuer, audience, jwks: { url } };
  if (file !== undefined && url === undefined) return { issuer, audience, jwks: { file } };
  throw new SettingsError(['KEYTRAIL_JWT_ISSUER: needs the issuer\'s keys; set one of KEYTRAIL_JWKS_URL and KEYTRAIL_JWKS_FILE']);
}
