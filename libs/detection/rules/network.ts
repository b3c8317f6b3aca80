import ipaddr from 'ipaddr.js';
import { memo } from './memo.js';

/**
 * The network an address is counted under: /24 of IPv4 (also when mapped into IPv6), /48 of IPv6. What is not an IP address
 * (CloudTrail names services: `ec2.amazonaws.com`) is its own network, in lower case; an unknown address is ''.
 */
export const networkOf: (address: string) => string = memo((address) => {
  const bare = address.trim().replace(/%.*$/, '').toLowerCase();
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipv4Network(ipaddr.IPv4.parse(bare));
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return bare;
  const parsed = ipaddr.IPv6.parse(bare);
  if (parsed.isIPv4MappedAddress()) return ipv4Network(parsed.toIPv4Address());
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/48`).toString()}/48`;
});

function ipv4Network(address: ipaddr.IPv4): string {
  return `${address.octets.slice(0, 3).join('.')}.0/24`;
}
