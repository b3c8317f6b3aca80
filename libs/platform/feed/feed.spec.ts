import { describe, expect, it } from '@jest/globals';
import { EventStream } from './event-stream.js';
import { Feed, type FeedSource } from './feed.js';

interface Row { position: number; of: string }
const settings = { name: 'test', lookEveryMs: 1, currentEveryMs: 3_600_000, page: 3, missedPage: 2, mostStreams: 3, startAnew: 'Start anew.' };

/** Rows in memory. Things of one name are told as their latest, as far as one read has them. `hold`: reads wait for it. */
class Memory implements FeedSource<Row, string> {
  readonly rows: Row[] = [];
  hold: Record<'bounds' | 'after', Promise<void> | undefined> = { bounds: undefined, after: undefined };
  reads = 0;
  /** Reads that found something. */
  found = 0;

  add(of: string): void {
    this.rows.push({ position: this.rows.length + 1, of });
  }

  async bounds() {
    await this.hold.bounds;
    return { last: this.rows.length, forgotten_until: 0 };
  }

  async after(position: number, limit: number, view?: string) {
    this.reads += 1;
    await this.hold.after;
    const found = this.rows.filter((row) => row.position > position && (view === undefined || this.sees(view, row)));
    const rows = found.slice(0, limit);
    if (rows.length > 0) this.found += 1;
    return { rows: rows.filter((row) => !rows.some((later) => later.of === row.of && later.position > row.position)), end: rows.at(-1)?.position ?? position, more: found.length > limit };
  }

  sees(view: string, { of }: Row): boolean {
    return view === '' || of.startsWith(view);
  }

  tell(row: Row) {
    return { event: 'row', data: row };
  }
}

const gate = () => {
  let open = () => {};
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { closed, open };
};

/** Turns of the event loop until something holds; it does, or the test runs out of time. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

function reader(stream = new EventStream()) {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const heard = () => [...text.matchAll(/event: row\nid: \S+\ndata: (.*)\n\n/g)].map(([, json]) => JSON.parse(json!) as Row);
  return { stream, heard, positions: () => heard().map(({ position }) => position), current: () => text.includes('event: current') };
}

describe('a feed', () => {
  it('tells a stream what happens while another look is under way that began when nobody listened', async () => {
    const source = new Memory();
    const feed = new Feed(source, settings);
    const [first, second] = [reader(), reader()];
    const after = gate();
    source.add('a');
    await feed.open('', 'MA', first.stream); // from position 0
    source.hold.after = after.closed;
    source.add('b');
    const opening = feed.open('', 'now', second.stream);
    const bounds = gate();
    await until(() => source.reads > 0);
    source.hold.bounds = bounds.closed;
    after.open();
    source.hold.after = undefined;
    await until(first.current);
    source.add('c');
    bounds.open();
    source.hold.bounds = undefined;
    await opening;
    await until(() => first.positions().includes(3));
    expect(first.positions()).toEqual([1, 2, 3]);
    feed.onModuleDestroy();
  });

  it('tells everybody what they may see, each once and in order, wherever they begin and however things are folded', async () => {
    const source = new Memory();
    const feed = new Feed(source, { ...settings, mostStreams: 100 });
    const readers: { of: string; from: number; reader: ReturnType<typeof reader> }[] = [];
    for (let round = 0; round < 200; round += 1) {
      source.add(`${'ab'[round % 2]}${round % 7}`);
      if (round % 5 === 0) {
        const [of, from] = [['', 'a', 'b'][round % 3]!, Math.floor(round / 2)];
        const one = { of, from, reader: reader() };
        readers.push(one);
        await feed.open(of, Buffer.from(String(from)).toString('base64url'), one.reader.stream);
      }
      if (round % 3 === 0) await new Promise(setImmediate);
    }
    source.add('aend');
    source.add('bend');
    for (const { of, from, reader: one } of readers) {
      const end = of === 'a' ? source.rows.length - 1 : source.rows.length;
      await until(() => one.positions().includes(end));
      const positions = one.positions();
      expect(positions).toEqual([...new Set(positions)].sort((x, y) => x - y));
      expect(one.heard().every((row) => row.position > from && source.sees(of, row))).toBe(true);
      // Of each thing the latest was told.
      const latest = new Map(source.rows.filter((row) => row.position > from && source.sees(of, row)).map((row) => [row.of, row.position]));
      for (const position of latest.values()) expect(positions).toContain(position);
    }
    feed.onModuleDestroy();
  });

  it('reads once for all who listen', async () => {
    const source = new Memory();
    const feed = new Feed(source, settings);
    const readers = [reader(), reader(), reader()];
    for (const { stream } of readers) await feed.open('', undefined, stream);
    await until(() => readers.every((one) => one.current()));
    source.add('x');
    await until(() => readers.every((one) => one.positions().length === 1));
    expect(source.found).toBe(1);
    feed.onModuleDestroy();
  });

  it('takes no more streams than it may, and lets go of those that are closed', async () => {
    const feed = new Feed(new Memory(), settings);
    const readers = [reader(), reader(), reader()];
    for (const { stream } of readers) await feed.open('', undefined, stream);
    await expect(feed.open('', undefined, new EventStream())).rejects.toMatchObject({ status: 503, code: 'too_many_streams' });
    readers[0]!.stream.destroy();
    await until(() => feed.listeners === 2);
    await feed.open('', undefined, readers[0]!.stream);
    feed.onModuleDestroy();
  });
});
