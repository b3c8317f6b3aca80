/** Tells the country of an address: ISO 3166-1 alpha-2, or empty. A class so that it can be injected. */
export class CountryLookup {
  constructor(readonly countryOf: (address: string) => string) {}
}
