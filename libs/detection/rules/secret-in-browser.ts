import type { CallerActivity, KeyInput, Rule } from '../types.js';
import { distinct, isDenied, plural, requestsOf } from './activity.js';
import { keyDraft, named, signsNamed } from './draft.js';
import { personTool } from './person-tool.js';

export interface SecretInBrowserSettings {
  /** Origins whose pages may hold secret keys, such as a console of one's own that nobody else can open: `https://console.example`. */
  allowed_origins: readonly string[];
}

/** Kinds that must stay on servers. Of what neither the registry nor the log names the kind, nothing can be said. */
const SECRET = new Set(['api_key', 'service_token', 'workspace_key', 'signing_key', 'role']);

export const secretInBrowser: Rule<KeyInput, SecretInBrowserSettings> = {
  id: 'secret-in-browser',
  title: 'Secret key used from a browser',
  severity: 'high',
  fires: 'a call with a key of a secret kind carries an Origin or Sec-Fetch-* header, or a browser\'s user agent with a Referer; medium when all such calls were refused',
  why: 'What a page uses, everybody who opens the page can read. The key is public from then on.',
  response: 'Take the key out of the page, give the page a public key instead, and replace the secret key.',
  false_positives: 'A console that sends a person\'s own key from a page only that person sees, and servers that forward the headers of their users.',
  attack: 'T1552.001 Unsecured Credentials: Credentials In Files',
  fields: ['key_id', 'credential_kind', 'origin, referer or Sec-Fetch-Site'],
  incident: 'opens',
  lasting: true,
  settings: { allowed_origins: [] },
  decide(input, settings) {
    const uses = input.activity.filter((group) => SECRET.has(input.key?.kind ?? group.credential_kind) && places(group, settings).length > 0);
    if (uses.length === 0) return [];
    const accepted = requestsOf(uses.filter((group) => !isDenied(group)));
    const seen = distinct(uses.flatMap((group) => places(group, settings)));
    return [keyDraft(secretInBrowser, input, uses, {
      severity: accepted > 0 ? 'high' : 'medium',
      summary: `${plural(requestsOf(uses), 'call')} came from a page in a browser (${named(seen)}), ${accepted} of them not refused`,
      counts: { not_refused: accepted, places: seen.length },
    })];
  },
};

function places(group: CallerActivity, { allowed_origins }: SecretInBrowserSettings): readonly string[] {
  if (group.signs.length === 0) return group.signs;
  return signsNamed(group, 'browser').filter((sign) => {
    if (allowed_origins.some((origin) => sign.endsWith(` ${origin}`))) return false;
    return !sign.startsWith('referer ') || (/^Mozilla\//.test(group.user_agent) && personTool(group.user_agent) !== null);
  });
}
