import { describe, expect, it } from '@jest/globals';
import { openCountryLookup } from './country.js';

describe('country of an address', () => {
  it('should be empty for what is in no country, and never throw', async () => {
    const countryOf = await openCountryLookup();
    for (const address of ['', 'ec2.amazonaws.com', '10.0.0.1', '192.168.1.1', '172.16.0.1', '127.0.0.1', '100.64.0.1', '169.254.169.254', '0.0.0.0', '255.255.255.255', '203.0.113.7', '::1', '::',
      'fe80::1', 'fc00::1', '2001:db8::1', '::ffff:10.0.0.1', 'nonsense', '1.2.3', '999.999.999.999', '-', '\0']) expect([address, countryOf(address)]).toEqual([address, '']);
  });

  it('should be known for public addresses of either kind', async () => {
    const countryOf = await openCountryLookup();
    expect(countryOf('8.8.8.8')).toBe('US');
    expect(countryOf('2001:4860:4860::8888')).toBe('US');
    expect(countryOf('8.8.8.8')).toBe('US');
  });

  it('should refuse to open a file that is not there', async () => {
    await expect(openCountryLookup('/nowhere/country.mmdb')).rejects.toThrow('ENOENT');
  });
});
