/** Rows in the order of a whole number each has, read page by page; a page that is empty is the end. */
export async function* paged<Row>(read: (from: number) => Promise<Row[]>, numberOf: (row: Row) => number, start: number): AsyncGenerator<Row, undefined> {
  let from = start;
  for (;;) {
    const rows = await read(from);
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    yield* rows;
    from = numberOf(last) + 1;
  }
}
