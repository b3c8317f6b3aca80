import type { RequestLogLine } from '@keytrail/contracts';

export interface LineBatch {
  ndjson: Uint8Array;
  lines: number;
  /** Time of the last line, as it stands in the line. */
  lastTime: string | number;
}

/** Lines as NDJSON batches of `size` or a few more: a load goes on after an instant, so no batch ends amid one. */
export function* batchLines(lines: Iterable<RequestLogLine>, size = 4_950): Generator<LineBatch> {
  let texts: string[] = [];
  let lastTime: string | number = 0;
  const close = (): LineBatch => ({ ndjson: new TextEncoder().encode(texts.join('')), lines: texts.length, lastTime });
  for (const line of lines) {
    if (texts.length >= size && line.time !== lastTime) {
      yield close();
      texts = [];
    }
    texts.push(`${JSON.stringify(line)}\n`);
    lastTime = line.time;
  }
  if (texts.length > 0) yield close();
}
