import { ClickHouse } from '@keytrail/clickhouse';
import { HttpIntake } from '@keytrail/request-logs';
import { benchCaller, serviceOf, startCollector } from './collector-app.js';
import { batches, type PhaseOptions } from './engine-phase.js';
import { measure, type Measured } from './measure.js';
import { readLines } from './request-lines.js';
import { bytesByTable } from './stored.js';

/** Batches on their way at a time, as two senders would have. */
const AT_ONCE = 2;

/** Everything between a body that came over HTTP and rows on disk: read, validate, redact, normalise, insert, count. */
export async function pipeline({ stores, lines, rows, batch }: PhaseOptions): Promise<Measured> {
  const running = await startCollector(stores);
  const intake = serviceOf(running, HttpIntake);
  const left = batches(rows, batch);
  let stored = 0;
  const measured = await measure(rows, async (progress) => {
    const sender = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const result = await intake.take(benchCaller, { body: await readLines(lines, ...next), encoding: undefined, query: { format: 'native' }, idempotencyKey: undefined });
        stored += result.stored;
        progress(stored);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
  });
  if (stored !== rows) throw new Error(`${stored} of ${rows} rows were stored`);
  const bytes = await bytesByTable(serviceOf(running, ClickHouse), rows);
  await running.stop();
  return { ...measured, bytesByTable: bytes };
}
