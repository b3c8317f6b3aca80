/**
 * About where the people and machines of a country are: latitude and longitude in degrees. Countries wider than an ocean (the United States,
 * Canada, Russia, Australia, Brazil, China) are left out, for a call from one end to the other says nothing.
 */
const PLACES: Readonly<Record<string, readonly [latitude: number, longitude: number]>> = {
  AE: [25, 55], AR: [-34, -59], AT: [48, 15], BE: [51, 4], BG: [43, 24], BD: [24, 90], CH: [47, 8], CL: [-33, -71], CO: [5, -74], CZ: [50, 15], DE: [51, 10], DK: [56, 11],
  DZ: [36, 3], EC: [-1, -79], EE: [59, 26], EG: [30, 31], ES: [40, -4], ET: [9, 39], FI: [61, 25], FR: [47, 2], GB: [52, -1], GH: [6, -1], GR: [38, 23], HK: [22, 114],
  HR: [45, 16], HU: [47, 19], ID: [-6, 107], IE: [53, -7], IL: [32, 35], IN: [21, 78], IQ: [33, 44], IR: [35, 51], IS: [64, -22], IT: [43, 12], JP: [36, 139], KE: [-1, 37],
  KR: [37, 127], KZ: [45, 72], LK: [7, 80], LT: [55, 24], LU: [50, 6], LV: [57, 24], MA: [33, -7], MX: [20, -100], MY: [3, 102], NG: [7, 4], NL: [52, 5], NO: [60, 10],
  NP: [28, 85], NZ: [-39, 175], PE: [-11, -77], PH: [14, 121], PK: [31, 72], PL: [52, 20], PT: [39, -9], RO: [45, 26], RS: [44, 21], SA: [24, 46], SE: [59, 17], SG: [1, 104],
  SI: [46, 15], SK: [49, 19], TH: [14, 101], TN: [36, 10], TR: [40, 32], TW: [24, 121], TZ: [-6, 37], UA: [49, 31], UG: [0, 33], UY: [-34, -56], VE: [10, -67], VN: [16, 107],
  ZA: [-28, 27], ZW: [-18, 31],
};

const EARTH_KM = 6_371;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Kilometres between two countries, along a great circle; undefined when one of them is not placed. */
export function kilometresBetween(a: string, b: string): number | undefined {
  const [from, to] = [PLACES[a], PLACES[b]];
  if (from === undefined || to === undefined) return undefined;
  const [north, east] = [radians(to[0] - from[0]), radians(to[1] - from[1])];
  const half = Math.sin(north / 2) ** 2 + Math.cos(radians(from[0])) * Math.cos(radians(to[0])) * Math.sin(east / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(half)));
}
