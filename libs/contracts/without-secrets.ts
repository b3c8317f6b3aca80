/** Keytrail's own: bearer keys, workspace secrets, access tokens, and most of one that was cut. Ids of workspace and public keys are no secrets. */
const KEYTRAIL_SECRET = /kt_(?!(?:ws|pub)_)[a-z]{1,16}_[0-9A-Za-z]{20,36}/g;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY-----[^-]*(?:-----END [A-Z0-9 ]{0,24}PRIVATE KEY-----)?/g;
/** The same as base64 of its PEM, as it is shown when it is made. */
const PRIVATE_KEY_IN_BASE64 = /LS0tLS1CRUdJTi[A-Za-z0-9+/_-]{24,}={0,2}/g;
const JSON_WEB_TOKEN = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{16,}/g;

/**
 * What people write in a hurry, without the secrets they pasted: it goes where nothing is ever deleted. Of a key the kind and its last four characters
 * stay, as its `hint` has them. Never longer than what came.
 */
export function withoutSecrets(text: string): string {
  if (text.length < 40) return text;
  return text.replace(KEYTRAIL_SECRET, (secret) => `${secret.slice(0, secret.indexOf('_', 3) + 1)}…${secret.slice(-4)}`)
    .replace(PRIVATE_KEY, '[private key]').replace(PRIVATE_KEY_IN_BASE64, '[private key]').replace(JSON_WEB_TOKEN, '[JSON Web Token]');
}
