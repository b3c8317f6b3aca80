import type { ChangeLine } from './found.js';

const WIDTHS = [8, 9, 28, 32, 25] as const;

const rowOf = (cells: readonly string[]) => `${cells.map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0)).join(' ').trimEnd()}\n`;

/** Changes for people, row by row as they come. */
export class ChangeTable {
  private readonly counts = { added: 0, removed: 0, changed: 0, same: 0 };

  head(): string {
    return rowOf(['change', 'severity', 'rule', 'key', 'start', 'summary']);
  }

  row({ change, severity, rule, key, workspace, start, summary, before }: ChangeLine): string {
    this.counts[change] += 1;
    const grown = before !== undefined && before.severity !== severity ? ` (was ${before.severity})` : '';
    return rowOf([change, severity, rule, key || `callers of ${workspace}`, start, summary + grown]);
  }

  same(): void {
    this.counts.same += 1;
  }

  foot(): string {
    const { added, removed, changed, same } = this.counts;
    return `${added} added, ${removed} removed, ${changed} changed, ${same} as before\n`;
  }
}
