interface Waiting<Item> {
  items: readonly Item[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface GroupLimits {
  /** How long the first of a group waits for others, in milliseconds. */
  waitMs: number;
  /** A group of so many items goes at once. */
  mostItems: number;
}

/**
 * Gathers what many callers write at about the same time into one write, since each costs much the same however little it holds. A
 * caller's promise settles as the write that holds its items does. One group is written at a time; what comes meanwhile gathers.
 */
export class GroupCommit<Item> {
  private waiting: Waiting<Item>[] = [];
  private count = 0;
  private due = false;
  private writing = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly write: (items: Item[]) => Promise<void>, private readonly limits: GroupLimits) {}

  /** Resolves when the items are durable; rejects when their group could not be written. */
  async add(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    const written = new Promise<void>((resolve, reject) => {
      this.waiting.push({ items, resolve, reject });
    });
    this.count += items.length;
    if (this.count >= this.limits.mostItems) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.limits.waitMs);
    await written;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.due = true;
    if (!this.writing) void this.writeGroup();
  }

  private async writeGroup(): Promise<void> {
    this.writing = true;
    while (this.due) {
      clearTimeout(this.timer);
      this.timer = undefined;
      const group = this.takeGroup();
      this.due = this.waiting.length > 0;
      try {
        await this.write(group.flatMap(({ items }) => items as Item[]));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.writing = false;
  }

  /** In the order they came, up to the limit; one that is larger by itself goes alone. */
  private takeGroup(): Waiting<Item>[] {
    let size = 0;
    let end = 0;
    while (end < this.waiting.length && (end === 0 || size + this.waiting[end]!.items.length <= this.limits.mostItems)) {
      size += this.waiting[end]!.items.length;
      end += 1;
    }
    this.count -= size;
    return this.waiting.splice(0, end);
  }
}
