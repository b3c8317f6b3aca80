interface Waiting<Item> {
  items: readonly Item[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Gathers what many callers write at about the same time into one write, since each costs much the same however little it holds. The
 * first is written at once, and what comes while it is written goes together after it: nobody waits for company that does not come. A
 * caller's promise settles as the write that holds its items does.
 */
export class GroupCommit<Item> {
  private waiting: Waiting<Item>[] = [];
  private writing = false;

  /** A group holds at most `mostItems`; a caller's own that are more go alone. */
  constructor(private readonly write: (items: Item[]) => Promise<void>, private readonly mostItems: number) {}

  /** Resolves when the items are durable; rejects when their group could not be written. */
  async add(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    const written = new Promise<void>((resolve, reject) => {
      this.waiting.push({ items, resolve, reject });
    });
    if (!this.writing) void this.writeAll();
    await written;
  }

  private async writeAll(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      try {
        await this.write(group.flatMap(({ items }) => items as Item[]));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.writing = false;
  }

  /** In the order they came. */
  private takeGroup(): Waiting<Item>[] {
    let size = 0;
    let end = 0;
    while (end < this.waiting.length && (end === 0 || size + this.waiting[end]!.items.length <= this.mostItems)) {
      size += this.waiting[end]!.items.length;
      end += 1;
    }
    return this.waiting.splice(0, end);
  }
}
