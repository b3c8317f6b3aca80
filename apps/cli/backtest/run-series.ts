import { once } from 'node:events';
import { SeriesDetector } from '@keytrail/detection';
import type { CliIo } from '../io.js';
import { quoted, readCsv, wrongLine } from './csv.js';

/** Rows come out as they went in, with a score. Missing values (empty, NaN, null) score 0; anything else that is no number is an error. */
export async function runSeries(path: string, io: CliIo, onBytes: (bytes: number) => void): Promise<void> {
  const detector = new SeriesDetector();
  let last = -Infinity;
  let out = 'timestamp,value,anomaly_score\n';
  for await (const rows of readCsv(path, ['timestamp', 'value'], io.signal, onBytes)) {
    for (const { line, fields } of rows) {
      const [timestamp, text] = fields as [string, string];
      const time = secondsOf(timestamp.trim());
      if (Number.isNaN(time)) throw wrongLine(path, line, `has no timestamp: ${JSON.stringify(timestamp)}`);
      const value = valueOf(text.trim());
      if (value === undefined) throw wrongLine(path, line, `has ${JSON.stringify(text)} for a value, which is no number`);
      // The hour a clock is set back comes twice: the same time of day, so nothing has to be known of it.
      const score = detector.score({ time: Math.max(time, last), value });
      last = Math.max(time, last);
      out += `${quoted(timestamp)},${quoted(text)},${Number(score.toFixed(4))}\n`;
    }
    const text = out;
    out = '';
    if (text !== '' && !io.stdout.write(text)) await once(io.stdout, 'drain', { signal: io.signal });
  }
}

/** Epoch seconds; NaN when it is no time. What names no zone is UTC. */
function secondsOf(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    return Math.abs(number) > 1e11 ? number / 1000 : number;
  }
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (match === null) return NaN;
  const [, date, minutes = '00:00', seconds = ':00', zone = 'Z'] = match;
  return Date.parse(`${date}T${minutes}${seconds}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`) / 1000;
}

const MISSING = /^(|nan|null|na|none)$/i;

function valueOf(text: string): number | null | undefined {
  if (MISSING.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
