import ipaddr from 'ipaddr.js';
import { EVIDENCE_LIMIT } from '../rules/activity.js';
import type { FindingDraft } from '../types.js';

/** Findings are held back while all their requests lie between two moments, epoch milliseconds. null = of every key, of every rule. */
export interface Suppressed {
  workspace_id: string;
  key_id: string | null;
  rule_id: string | null;
  from: number;
  to: number;
}

/** Callers whose doings are known to be good. */
export interface AllowList {
  networks: readonly string[];
  user_agents: readonly string[];
}

export const isSuppressed = (draft: FindingDraft, suppressed: Suppressed): boolean => suppressed.workspace_id === draft.workspace_id
  && (suppressed.key_id === null || suppressed.key_id === draft.key_id) && (suppressed.rule_id === null || suppressed.rule_id === draft.rule_id)
  && draft.first_seen >= suppressed.from && draft.last_seen <= suppressed.to;

/**
 * Whether every caller the finding names is allowed. One stranger among them and it stays as it is: a stranger must not hide behind those who
 * are known. A finding names so many callers at most; where it names that many there may be others.
 */
export function isAllowed({ addresses, evidence }: FindingDraft, allow: AllowList): boolean {
  const agents = evidence.user_agents ?? [];
  return (isWhole(addresses) && allow.networks.length > 0 && addresses.every((address) => allow.networks.some((network) => contains(network, address))))
    || (isWhole(agents) && allow.user_agents.length > 0 && agents.every((agent) => allow.user_agents.some((pattern) => fits(pattern, agent))));
}

const isWhole = (named: readonly string[]) => named.length > 0 && named.length < EVIDENCE_LIMIT;

const fits = (pattern: string, agent: string) => (pattern.endsWith('*') ? agent.startsWith(pattern.slice(0, -1)) : agent === pattern);

function contains(network: string, address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const [base, bits] = parse(network);
  const one = ipaddr.process(address);
  return one.kind() === base.kind() && one.match(base, bits);
}

/** `network` was checked before it was kept. */
function parse(network: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (network.includes('/')) return ipaddr.parseCIDR(network);
  const address = ipaddr.process(network);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Half the world is nobody one knows. */
const WIDEST = { ipv4: 8, ipv6: 19 };
const SHORTEST_AGENT = 4;

/** An address or network as it is kept. Throws `TypeError` that says what is wrong. */
export function checkedNetwork(text: string): string {
  if (!ipaddr.isValid(text) && !ipaddr.isValidCIDR(text)) throw new TypeError(`${text} is neither an address nor a network such as 198.51.100.0/24`);
  const [base, bits] = parse(text);
  if (bits < WIDEST[base.kind()]) throw new TypeError(`${text} is too wide: at least /${WIDEST[base.kind()]}`);
  return text;
}

export function checkedUserAgent(text: string): string {
  if (text.replace(/\*$/, '').trim().length < SHORTEST_AGENT) throw new TypeError(`${text} fits too much: at least ${SHORTEST_AGENT} characters before the *`);
  return text;
}
