/** Keytrail's own: bearer keys, workspace secrets, access tokens, and most of one that was cut. Ids of workspace and public keys are no secrets. */
const KEYTRAIL_SECRET = /kt_(?!(?:ws|pub)_)[a-z]{1,16}_[0-9A-Za-z]{20,36}/g;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY-----[^-]*(?:-----END [A-Z0-9 ]{0,24}PRIVATE KEY-----)?/g;
/** The same as base64 of its PEM, as it is shown when it is made. */
const PRIVATE_KEY_IN_BASE64 = /LS0tLS1CRUdJTi[A-Za-z0-9+/_-]{24,}={0,2}/g;

/**
 * What people write in a hurry, without the secrets they pasted: it goes where nothing is ever deleted. Of a key the kind and its last four characters
 * stay, as its `hint` has them. Never longer than what came.
 */
export function withoutSecrets(text: string): string {
  if (text.length < 40) return text;
  return withoutWebTokens(text.replace(KEYTRAIL_SECRET, (secret) => `${secret.slice(0, secret.indexOf('_', 3) + 1)}…${secret.slice(-4)}`)
    .replace(PRIVATE_KEY, '[private key]').replace(PRIVATE_KEY_IN_BASE64, '[private key]'));
}

const TOKEN_BEGINS = 'eyJ';
const [LEAST_HEADER, LEAST_PAYLOAD, LEAST_SIGNATURE] = [11, 8, 16];

/** Takes out JSON Web Tokens. By hand, since a pattern would look through a word anew from every place in it that may begin one. */
function withoutWebTokens(text: string): string {
  let [kept, from] = ['', 0];
  for (let at = text.indexOf(TOKEN_BEGINS); at >= 0;) {
    const header = endOfWord(text, at);
    const payload = text[header] === '.' ? endOfWord(text, header + 1) : header;
    const signature = text[payload] === '.' ? endOfWord(text, payload + 1) : payload;
    const isToken = header - at >= LEAST_HEADER && payload - header > LEAST_PAYLOAD && signature - payload > LEAST_SIGNATURE;
    if (isToken) [kept, from] = [`${kept}${text.slice(from, at)}[JSON Web Token]`, signature];
    at = text.indexOf(TOKEN_BEGINS, isToken ? signature : header);
  }
  return kept + text.slice(from);
}

function endOfWord(text: string, from: number): number {
  let at = from;
  while (at < text.length && isWordCode(text.charCodeAt(at))) at += 1;
  return at;
}

/** Letters, digits, `_` and `-`: what base64url is written in. */
const isWordCode = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code === 45;
