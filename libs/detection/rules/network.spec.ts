import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ipv4Number, networkOf } from './network.js';

describe('networkOf', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    [' 203.0.113.77 ', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:aaaa:1::5', '2001:db8:aaaa::/48'],
    ['2001:DB8:AAAA:ffff::5', '2001:db8:aaaa::/48'],
    ['fe80::1%eth0', 'fe80::/48'],
    ['::1', '::/48'],
    ['ec2.amazonaws.com', 'ec2.amazonaws.com'],
    ['AWS Internal', 'aws internal'],
    ['203.0.113', '203.0.113'],
    ['3405803777', '3405803777'],
    ['300.1.1.1', '300.1.1.1'],
    ['0.0.0.0', '0.0.0.0/24'],
    ['255.255.255.255', '255.255.255.0/24'],
    ['010.0.0.1', '010.0.0.1'],
    ['1.2.3.4.5', '1.2.3.4.5'],
    ['1..2.3', '1..2.3'],
    ['1.2.3.', '1.2.3.'],
    ['', ''],
  ])('%s is counted under %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('knows plain IPv4 addresses as numbers, and nothing else', () => {
    expect(['0.0.0.0', '10.0.1.2', '255.255.255.255', '10.0.1', '010.0.1.2', '::1', ''].map(ipv4Number)).toEqual([0, 167_772_418, 4_294_967_295, -1, -1, -1, -1]);
  });

  it('puts any two addresses of a /24 together and never throws', () => {
    fc.assert(fc.property(fc.ipV4(), fc.integer({ min: 0, max: 255 }), (address, last) => {
      expect(networkOf(address.replace(/\d+$/, String(last)))).toBe(networkOf(address));
    }));
    fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6()), (text) => typeof networkOf(text) === 'string'));
  });
});
