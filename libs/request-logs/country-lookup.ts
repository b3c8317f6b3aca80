/** The country of an address. */
export abstract class CountryLookup {
  /** ISO 3166-1 alpha-2, or empty. */
  abstract countryOf(address: string): string;
}
