import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import ipaddr from 'ipaddr.js';
import { Reader, type Response } from 'maxmind';

/** As the bundled database has it, or as MaxMind's own (GeoLite2-Country and the like). */
interface CountryRecord {
  country_code?: string;
  country?: { iso_code?: string };
  registered_country?: { iso_code?: string };
}

const BUNDLED = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';
const REMEMBERED = 16_384;

/**
 * Opens a MaxMind database of countries; without a file the bundled one. The lookup gives ISO 3166-1 alpha-2, or empty for addresses
 * that are in no country (private, loopback, documentation …), unknown ones and host names.
 */
export async function openCountryLookup(file?: string): Promise<(address: string) => string> {
  const database = new Reader<CountryRecord & Response>(await readFile(file ?? createRequire(import.meta.url).resolve(BUNDLED)));
  const known = new Map<string, string>();
  return (address) => {
    const remembered = known.get(address);
    if (remembered !== undefined) return remembered;
    if (known.size >= REMEMBERED) known.clear();
    const country = isPublic(address) ? countryIn(database.get(address)) : '';
    known.set(address, country);
    return country;
  };
}

const isPublic = (address: string) =>
  (ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)) && ipaddr.parse(address).range() === 'unicast';

function countryIn(record: CountryRecord | null): string {
  const code = record?.country_code ?? record?.country?.iso_code ?? record?.registered_country?.iso_code ?? '';
  return /^[A-Z]{2}$/.test(code) && code !== 'ZZ' ? code : '';
}
