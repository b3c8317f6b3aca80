import { ClickHouse } from '@keytrail/clickhouse';
import { HttpIntake } from '@keytrail/request-logs';
import { benchCaller, serviceOf, startCollector } from './collector-app.js';
import { batches, eachOf, type PhaseOptions } from './engine-phase.js';
import { measure, type Measured } from './measure.js';
import { readLines } from './request-lines.js';
import { bytesByTable } from './stored.js';

/** Everything between a body that came over HTTP and rows on disk: read, validate, redact, normalise, insert, count. */
export async function pipeline({ stores, lines, rows, batch }: PhaseOptions): Promise<Measured> {
  const running = await startCollector(stores);
  const intake = serviceOf(running, HttpIntake);
  let stored = 0;
  const measured = await measure(rows, (progress) => eachOf(batches(rows, batch), async (range) => {
    const result = await intake.take(benchCaller, { body: await readLines(lines, ...range), encoding: undefined, query: { format: 'native' }, idempotencyKey: undefined });
    stored += result.stored;
    progress(stored);
  }));
  if (stored !== rows) throw new Error(`${stored} of ${rows} rows were stored`);
  const bytes = await bytesByTable(serviceOf(running, ClickHouse), rows);
  await running.stop();
  return { ...measured, bytesByTable: bytes };
}
