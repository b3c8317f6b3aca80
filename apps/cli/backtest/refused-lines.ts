import type { PlacedError } from '../import/totals.js';

/** So many are told one by one: a file of nothing but bad lines must not become another. */
const TOLD = 1_000;

/** Lines that were refused, for people: where each stands and what is wrong with it. */
export class RefusedLines {
  private readonly told: string[] = [];
  private count = 0;

  get any(): boolean {
    return this.count > 0;
  }

  add({ file, line, item, code, reason }: PlacedError): void {
    this.count += 1;
    if (this.told.length < TOLD) this.told.push(`${file}:${line}${item === undefined ? '' : ` (item ${item})`}: ${code}: ${reason}\n`);
  }

  /** What was not told yet; with the last of it, how many more there are. */
  text(): string {
    const more = this.count - this.told.length;
    return this.told.join('') + (more > 0 ? `and ${more.toLocaleString('en-US')} more lines were refused\n` : '');
  }
}
