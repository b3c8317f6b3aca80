import type { Measured } from './measure.js';

export interface Run {
  /** Rows an insert. */
  batch: number;
  /** Where the ledger and the counts are. */
  postgres: 'server' | 'embedded';
  /** The engine's raw insert of the lines that the pipeline is given. */
  lines: Measured;
  /** The same lines by way of files. */
  files: Measured;
  /** The engine alone, given the blocks that the pipeline makes of them. */
  blocks: Measured;
  pipeline: Measured;
  kafka: Measured | undefined;
  /** The same with ClickHouse on a server as well, for the collector's own memory: behind the server is the embedded engine, so its rate says nothing. */
  onServers: Measured | undefined;
}

/** Kept a week, for detection; everything else is kept as long as the rows. */
const SHORT_LIVED = new Set(['caller_activity']);

const rowsPerSecond = ({ rows, seconds }: Measured) => rows / seconds;
const cpuPerMillion = ({ rows, cpuSeconds }: Measured) => cpuSeconds / rows * 1e6;

function bytesPerRow({ rows, bytesByTable = {} }: Measured, isCounted: (table: string) => boolean): number {
  return Object.entries(bytesByTable).reduce((sum, [table, bytes]) => sum + (isCounted(table) ? bytes : 0), 0) / rows;
}

/** The figures by name; null where something was not run. */
export function figuresOf({ postgres, lines, files, blocks, pipeline, kafka, onServers }: Run): Record<string, string | number | null> {
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  const [first, last] = [pipeline.cpuByMillion?.[0], pipeline.cpuByMillion?.at(-1)];
  return {
    pipeline_ratio: round(rowsPerSecond(pipeline) / rowsPerSecond(lines), 2),
    kafka_ratio: kafka ? round(rowsPerSecond(kafka) / rowsPerSecond(lines), 2) : null,
    pipeline_to_files_ratio: round(rowsPerSecond(pipeline) / rowsPerSecond(files), 2),
    pipeline_to_blocks_ratio: round(rowsPerSecond(pipeline) / rowsPerSecond(blocks), 2),
    rows_per_s: Math.round(rowsPerSecond(pipeline)),
    kafka_rows_per_s: kafka ? Math.round(rowsPerSecond(kafka)) : null,
    cpu_s_per_million: round(cpuPerMillion(pipeline), 1),
    kafka_cpu_s_per_million: kafka ? round(cpuPerMillion(kafka), 1) : null,
    cpu_s_first_million: first === undefined ? null : round(first, 1),
    cpu_s_last_million: last === undefined ? null : round(last, 1),
    collector_peak_rss_mb: onServers ? Math.round(onServers.peakRssMb) : null,
    peak_rss_mb: Math.round(Math.max(pipeline.peakRssMb, kafka?.peakRssMb ?? 0)),
    bytes_per_row: round(bytesPerRow(kafka ?? pipeline, (table) => !SHORT_LIVED.has(table)), 1),
    postgres,
    bytes_per_row_with_short_lived: round(bytesPerRow(kafka ?? pipeline, () => true), 1),
    short_lived_bytes_per_row: round(bytesPerRow(kafka ?? pipeline, (table) => SHORT_LIVED.has(table)), 1),
  };
}

/** A table for people. Ratios compare runs of one machine at one time; the rest changes with both. */
export function describeRun(run: Run): string {
  const base = rowsPerSecond(run.lines);
  const row = (name: string, measured: Measured) => [
    name, measured.rows.toLocaleString('en-US'), Math.round(rowsPerSecond(measured)).toLocaleString('en-US'), (rowsPerSecond(measured) / base).toFixed(2),
    cpuPerMillion(measured).toFixed(1), Math.round(measured.peakRssMb).toString(),
  ];
  const rows = [
    ['', 'rows', 'rows/s', 'ratio', 'CPU s/million', 'peak MB'],
    row('(a) engine alone: raw insert of the lines', run.lines), row('    engine alone: the lines from files', run.files),
    row('    engine alone: ready-made Native blocks', run.blocks), row('(b) pipeline: body to stored', run.pipeline),
    ...(run.kafka ? [row('(c) Kafka to stored', run.kafka)] : []), ...(run.onServers ? [row('    the same, stores on servers', run.onServers)] : []),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '));
  const { bytes_per_row: kept, short_lived_bytes_per_row: shortLived, cpu_s_first_million: first, cpu_s_last_million: last } = figuresOf(run);
  return [
    ...lines, '',
    `ClickHouse embedded, Postgres ${run.postgres === 'server' ? 'on a server' : 'embedded too'}; ${run.batch.toLocaleString('en-US')} rows an insert, 20,000 messages at most from Kafka. The ready-made blocks are held in memory, which their peak counts.`,
    `On disk: ${kept} bytes a row with its rollups, and ${shortLived} for a week.`,
    ...(run.pipeline.rows >= 2e6 ? [`CPU seconds of (b): ${first} for the first million rows, ${last} for the last.`] : []),
  ].join('\n');
}

/** What a row costs as more are stored: (b) by itself, as far as anybody wants to go. */
export function describePipeline(pipeline: Measured): string {
  const bytes = bytesPerRow(pipeline, (table) => !SHORT_LIVED.has(table)).toFixed(1);
  return [
    `(b) pipeline: body to stored: ${pipeline.rows.toLocaleString('en-US')} rows, ${Math.round(rowsPerSecond(pipeline)).toLocaleString('en-US')} rows/s, ${cpuPerMillion(pipeline).toFixed(1)} CPU s/million, `
      + `${Math.round(pipeline.peakRssMb)} MB at most, ${bytes} bytes a row on disk`,
    `CPU seconds of each million: ${(pipeline.cpuByMillion ?? []).map((seconds) => seconds.toFixed(1)).join(' ')}`,
  ].join('\n');
}
