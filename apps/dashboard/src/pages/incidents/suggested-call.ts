import { kinds } from '../../containment/kinds.js';

/** What the page can do itself of what the server suggests. */
export type SuggestedCall =
  | { does: 'replace'; key_id: string }
  | { does: 'search'; query: Record<string, string> }
  | { does: 'call'; call: string }
  | { does: 'nothing' };

const REPLACE = new RegExp(`^POST /v1/(?:${Object.values(kinds).map(({ path }) => path).join('|')})/([^/ ]+)/revoke-and-replace\\b`);
const SEARCH = /^GET \/v1\/request-logs\?(\S+)$/;

/** Reads the call of a suggested action, such as `GET /v1/request-logs?key_id=…`. */
export function readSuggestedCall(call: string | null): SuggestedCall {
  if (call === null) return { does: 'nothing' };
  const key = REPLACE.exec(call)?.[1];
  if (key !== undefined) return { does: 'replace', key_id: decodeURIComponent(key) };
  const query = SEARCH.exec(call)?.[1];
  if (query !== undefined) return { does: 'search', query: Object.fromEntries(new URLSearchParams(query)) };
  return { does: 'call', call };
}
