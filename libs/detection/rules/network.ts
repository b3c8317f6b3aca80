import ipaddr from 'ipaddr.js';

/** Addresses come again and again. */
const networks = new Map<string, string>();
const MOST_KNOWN = 100_000;

/**
 * The network an address is counted under: /24 of IPv4 (also when mapped into IPv6), /48 of IPv6. What is not an IP address
 * (CloudTrail names services: `ec2.amazonaws.com`) is its own network, in lower case; an unknown address is ''.
 */
export function networkOf(address: string): string {
  let network = networks.get(address);
  if (network === undefined) {
    network = readNetwork(address);
    if (networks.size >= MOST_KNOWN) networks.clear();
    networks.set(address, network);
  }
  return network;
}

function readNetwork(address: string): string {
  const bare = address.trim().replace(/%.*$/, '').toLowerCase();
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipv4Network(ipaddr.IPv4.parse(bare));
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return bare;
  const parsed = ipaddr.IPv6.parse(bare);
  if (parsed.isIPv4MappedAddress()) return ipv4Network(parsed.toIPv4Address());
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/48`).toString()}/48`;
}

const ipv4Network = (address: ipaddr.IPv4): string => `${address.octets.slice(0, 3).join('.')}.0/24`;
