import ipaddr from 'ipaddr.js';

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const IPV4_WITH_PORT = /^([\d.]{7,15}):\d{1,5}$/;
const BRACKETED = /^\[([^\]]{2,64})\](?::\d{1,5})?$/;
const ZONE = /%[0-9A-Za-z._-]{1,32}$/;
const HOST_NAME = /^(?=.{1,253}$)(?!0x[0-9a-f]+$)(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9][a-z0-9-]{0,62})*\.?$/;

/**
 * One spelling per address, so that equal callers count as one: IPv6 in its shortest form, IPv4-mapped IPv6 as IPv4, without port,
 * brackets or zone. A host name (CloudTrail gives those of AWS services) stays, in lower case; anything else becomes empty.
 */
export function normaliseAddress(given: string): string {
  if (IPV4.test(given)) return given;
  const text = given.trim();
  const bare = (BRACKETED.exec(text)?.[1] ?? IPV4_WITH_PORT.exec(text)?.[1] ?? text).replace(ZONE, '');
  if (IPV4.test(bare)) return bare;
  if (bare.includes(':')) return bare.length <= 64 && ipaddr.IPv6.isValid(bare) ? shortest(ipaddr.IPv6.parse(bare)) : '';
  const name = bare.toLowerCase();
  return HOST_NAME.test(name) ? name.replace(/\.$/, '') : '';
}

const shortest = (address: ipaddr.IPv6): string =>
  (address.isIPv4MappedAddress() ? address.toIPv4Address() : address).toString();
