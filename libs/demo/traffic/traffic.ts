import type { RequestLogLine } from '@keytrail/contracts';
import { drawLine, type DemoKey } from './line.js';
import { hashText, mixHash, randomOf, uniqueId } from './random.js';
import { drawRequests } from './shapes.js';

const MINUTE_MS = 60_000;

/** Half-open: `from` belongs to it, `to` does not. Epoch milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/**
 * Ordinary traffic of the keys in a span, in time order and lazily. Every minute of a key has its own seed, so a line is the same
 * whichever span it is asked with: history and live traffic join without a seam, and a load that broke off can go on.
 */
export function* trafficBetween(seed: number, keys: readonly DemoKey[], span: Span): Generator<RequestLogLine> {
  const seeds = keys.map(({ profile }) => mixHash(hashText(profile.name), seed));
  for (let minute = Math.floor(span.from / MINUTE_MS) * MINUTE_MS; minute < span.to; minute += MINUTE_MS) {
    const drawn: { at: number; line: RequestLogLine }[] = [];
    keys.forEach((key, index) => {
      const keySeed = seeds[index] as number;
      const random = randomOf(mixHash(keySeed, minute / MINUTE_MS));
      drawRequests(key.profile, minute, random).forEach((offset, call) => {
        const at = minute + offset;
        drawn.push({ at, line: drawLine(key, at, uniqueId(random, minute / MINUTE_MS, call, keySeed), random) });
      });
    });
    drawn.sort((a, b) => a.at - b.at);
    for (const { at, line } of drawn) if (at >= span.from && at < span.to) yield line;
  }
}
