import ipaddr from 'ipaddr.js';
import { memo } from './memo.js';

/**
 * The network an address is counted under: /24 of IPv4 (also when mapped into IPv6), /48 of IPv6. What is not an IP address
 * (CloudTrail names services: `ec2.amazonaws.com`) is its own network, in lower case; an unknown address is ''.
 */
export function networkOf(address: string): string {
  const end = lastDotOfIpv4(address);
  return end > 0 ? `${address.slice(0, end)}.0/24` : otherNetworkOf(address);
}

/** A plain IPv4 address, as nearly all are, as a number; -1 of anything else, and of what is written oddly. */
export const ipv4Number = (address: string): number => (lastDotOfIpv4(address) > 0 ? number : -1);

/** Of the address that was looked at last. */
let number = 0;

function lastDotOfIpv4(address: string): number {
  let dots = 0;
  let last = -1;
  let value = 0;
  number = 0;
  for (let at = 0; at <= address.length; at += 1) {
    const digit = at === address.length ? END : address.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) {
      // No leading zeros: some read them as octal.
      if (value === 0 && at - last > 1) return -1;
      value = value * 10 + digit;
      if (value > 255) return -1;
    } else {
      if (at - last < 2 || (digit !== DOT && digit !== END)) return -1;
      number = number * 256 + value;
      if (digit === DOT) {
        dots += 1;
        last = at;
        value = 0;
      }
    }
  }
  return dots === 3 ? last : -1;
}

const ZERO = 48;
const DOT = 46 - ZERO;
const END = -100;

const otherNetworkOf: (address: string) => string = memo((address) => {
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
