/**
 * How far `seen` lies from `expected` in standard deviations: signed root of the negative-binomial deviance with dispersion `k`
 * (variance = m + m²/k) and a continuity correction of half a request. Near N(0,1), also far out.
 */
export function signedDeviance(seen: number, expected: number, k: number): number {
  const m = Math.max(expected, 1e-9);
  const size = Math.max(k, 1e-6);
  const distance = seen - m;
  if (Math.abs(distance) <= 0.5) return 0;
  const x = distance > 0 ? seen - 0.5 : seen + 0.5;
  const own = x > 0 ? x * Math.log(x / m) : 0;
  // log1p keeps the digits when k is huge and the two terms nearly cancel.
  const shared = (x + size) * Math.log1p((x - m) / (m + size));
  return Math.sign(distance) * Math.sqrt(Math.max(0, 2 * (own - shared)));
}
