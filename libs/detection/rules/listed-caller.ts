import ipaddr from 'ipaddr.js';
import type { CallerActivity, KeyInput, Rule } from '../types.js';
import { distinct, isDenied, plural, requestsOf } from './activity.js';
import { ipv4Number } from './network.js';
import { memo } from './memo.js';
import { keyDraft, named } from './draft.js';

export interface ListedCallerSettings {
  /** Addresses, or networks as address/prefix, that must not call. */
  networks: readonly string[];
  /** Attack tools, by what their user agents hold; lower case. */
  tools: readonly string[];
}

export const listedCaller: Rule<KeyInput, ListedCallerSettings> = {
  id: 'listed-caller',
  title: 'A key was used by an attack tool or from a listed address',
  severity: 'high',
  fires: 'a key was used by a tool that only attackers and testers use, or from an address on a list of one\'s own; medium when all was refused',
  why: 'These tools try what a key opens, or whether a leaked one is good.',
  response: 'If no test was ordered, replace the key and look at what else the caller did.',
  false_positives: 'A penetration test that was ordered, and a secret scanner of one\'s own: leave the tool out in the settings for as long.',
  attack: 'T1595.002 Active Scanning: Vulnerability Scanning',
  fields: ['key_id', 'user_agent or address'],
  incident: 'opens',
  lasting: true,
  settings: {
    networks: ['0.0.0.0/8', '240.0.0.0/4'],
    tools: [
      'sqlmap', 'nikto', 'nuclei', 'wpscan', 'masscan', 'zgrab', 'gobuster', 'dirbuster', 'feroxbuster', 'ffuf', 'wfuzz', 'hydra', 'acunetix', 'nessus',
      'openvas', 'arachni', 'w3af', 'metasploit', 'commix', 'jaeles', 'trufflehog', 'pacu', 'scoutsuite', 'cloudfox', 'kiterunner', 'restler',
    ],
  },
  decide(input, settings) {
    if (!input.activity.some((group) => reasonFor(group, settings) !== undefined)) return [];
    const uses = input.activity.map((group) => ({ group, why: reasonFor(group, settings) })).filter(({ why }) => why !== undefined);
    const groups = uses.map(({ group }) => group);
    const accepted = requestsOf(groups.filter((group) => !isDenied(group)));
    return [keyDraft(listedCaller, input, groups, {
      severity: accepted > 0 ? 'high' : 'medium',
      summary: `${plural(requestsOf(groups), 'call')} by ${named(distinct(uses.map(({ why }) => why!)))}, ${accepted} of them not refused`, counts: { not_refused: accepted },
    })];
  },
};

function reasonFor({ user_agent, address }: CallerActivity, { networks, tools }: ListedCallerSettings): string | undefined {
  const tool = toolAmong(tools)(user_agent);
  if (tool !== undefined) return tool;
  return address !== '' && networks.length > 0 && isListed(address, networks) ? `the listed address ${address}` : undefined;
}

function isListed(address: string, networks: readonly string[]): boolean {
  const number = ipv4Number(address);
  return number < 0 ? isAmong(networks)(address) : ipv4Ranges(networks).some(([first, last]) => number >= first && number <= last);
}

const toolAmong = ofList((tools) => (userAgent) => {
  const words = userAgent.toLowerCase().split(/[^a-z0-9]+/);
  return tools.find((name) => words.includes(name));
});
const isAmong = ofList((networks) => {
  const ranges = rangesAmong(networks);
  return (address) => isWithin(address, ranges);
});
/** Of plain IPv4 addresses, which need not be remembered. */
const ipv4Ranges = (networks: readonly string[]): readonly (readonly [first: number, last: number])[] => {
  let ranges = rangesOf.get(networks);
  if (ranges === undefined) rangesOf.set(networks, ranges = rangesAmong(networks).flatMap(([base, bits]) => (base.kind() === 'ipv4' ? [ipv4Range(base, bits)] : [])));
  return ranges;
};
const rangesOf = new WeakMap<readonly string[], readonly (readonly [number, number])[]>();

function ipv4Range(base: Range[0], bits: number): readonly [number, number] {
  const size = 2 ** (32 - bits);
  const first = Math.floor(ipv4Number(base.toString()) / size) * size;
  return [first, first + size - 1];
}

/** What is found for a text by a list, remembered as long as the list is in use. */
function ofList<T>(make: (list: readonly string[]) => (text: string) => T): (list: readonly string[]) => (text: string) => T {
  const lists = new WeakMap<readonly string[], (text: string) => T>();
  return (list) => {
    let known = lists.get(list);
    if (known === undefined) lists.set(list, known = memo(make(list), 20_000));
    return known;
  };
}

type Range = [base: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

const rangesAmong = (networks: readonly string[]): Range[] =>
  networks.filter((network) => ipaddr.isValidCIDR(network) || ipaddr.isValid(network))
    .map((network) => (network.includes('/') ? ipaddr.parseCIDR(network) : [ipaddr.parse(network), network.includes(':') ? 128 : 32]));

function isWithin(address: string, ranges: readonly Range[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const caller = ipaddr.parse(address);
  return ranges.some(([range, bits]) => range.kind() === caller.kind() && caller.match(range, bits));
}
