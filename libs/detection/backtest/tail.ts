/** The largest of them make the tail. */
const TAIL = { share: 0.03, least: 12 };
const REFIT_EVERY = 24;
/** Residuals that are less heavy-tailed than an exponential are taken for one, and none for heavier than this. */
const HEAVIEST = 0.4;

/**
 * How likely a residual as large as this is, by those that were seen: of the largest of them the excess is fitted by a generalised Pareto
 * distribution (moments), so that what is heavy-tailed by habit raises no alarm.
 */
export class Tail {
  private readonly seen: number[] = [];
  private next = 0;
  private untilRefit = 0;
  private fit = { share: 1, above: 0, scale: 0, shape: 0 };

  /** `remembered`: how many sizes, the latest. */
  constructor(private readonly remembered: number) {}

  /** Sizes, 0 or more. */
  add(size: number): void {
    if (this.seen.length < this.remembered) this.seen.push(size);
    else this.seen[this.next] = size;
    this.next = (this.next + 1) % this.remembered;
  }

  /** Chance of a size at least as large. `floor`: the smallest excess that is told from none. */
  chanceOf(size: number, floor: number): number {
    if (this.untilRefit <= 0) this.refit();
    this.untilRefit -= 1;
    const { share, above, shape } = this.fit;
    const scale = Math.max(this.fit.scale, floor);
    const excess = size - above;
    if (!(excess > 0)) return 1;
    return share * (shape < 0.01 ? Math.exp(-excess / scale) : (1 + shape * excess / scale) ** (-1 / shape));
  }

  /** The size that has this chance. */
  sizeOf(chance: number, floor: number): number {
    const { share, above, shape } = this.fit;
    const scale = Math.max(this.fit.scale, floor);
    const rarer = Math.max(1, share / chance);
    return above + (shape < 0.01 ? scale * Math.log(rarer) : scale * (rarer ** shape - 1) / shape);
  }

  private refit(): void {
    this.untilRefit = REFIT_EVERY;
    const sorted = Float64Array.from(this.seen).sort();
    const count = Math.min(sorted.length - 1, Math.max(TAIL.least, Math.ceil(TAIL.share * sorted.length)));
    if (count < TAIL.least) return;
    const above = sorted[sorted.length - count - 1]!;
    let mean = 0;
    for (let index = sorted.length - count; index < sorted.length; index += 1) mean += (sorted[index]! - above) / count;
    let variance = 0;
    for (let index = sorted.length - count; index < sorted.length; index += 1) variance += (sorted[index]! - above - mean) ** 2 / (count - 1);
    const shape = variance > 0 ? Math.min(HEAVIEST, Math.max(0, (1 - mean * mean / variance) / 2)) : 0;
    this.fit = { share: count / sorted.length, above, scale: mean * (1 - shape), shape };
  }
}
