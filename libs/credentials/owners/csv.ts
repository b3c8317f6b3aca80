/** A record of a CSV file and the line it begins in, from 1. */
export interface CsvRecord {
  line: number;
  fields: string[];
  /** Why its fields cannot be told from each other. */
  problem?: string;
}

/**
 * The records of a table as RFC 4180 has them: quoted fields may hold commas, quotes (doubled) and line breaks; lines end in LF or CRLF; empty ones say
 * nothing. A quote that is never closed takes along all that follows. Reads no further than `most` records.
 */
export function csvRecords(text: string, most = Number.POSITIVE_INFINITY): CsvRecord[] {
  const records: CsvRecord[] = [];
  let [at, line] = [text.startsWith('\ufeff') ? 1 : 0, 1];
  while (at < text.length && records.length < most) {
    const record: CsvRecord = { line, fields: [] };
    for (let more = true; more;) {
      const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at);
      record.fields.push(field.value);
      if (field.problem !== undefined) record.problem ??= field.problem;
      line += countLines(text, at, field.end);
      at = field.end;
      more = text[at] === ',';
      if (more) at += 1;
    }
    // Whatever ended the last field: a line break, or the text.
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    if (record.fields.some((field) => field.trim() !== '') || record.problem !== undefined) records.push(record);
  }
  return records;
}

interface Field { value: string; end: number; problem?: string }

const endsField = (text: string, at: number) => at >= text.length || text[at] === ',' || text[at] === '\n' || (text[at] === '\r' && (text[at + 1] === '\n' || at + 1 === text.length));

function plainField(text: string, from: number): Field {
  let end = from;
  while (!endsField(text, end)) end += 1;
  return { value: text.slice(from, end), end };
}

function quotedField(text: string, from: number): Field {
  const parts: string[] = [];
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { value: '', end: text.length, problem: 'a quote is never closed' };
    parts.push(text.slice(at, quote));
    at = quote + 1;
    if (text[at] !== '"') break;
    parts.push('"');
    at += 1;
  }
  if (endsField(text, at)) return { value: parts.join(''), end: at };
  return { value: '', end: plainField(text, at).end, problem: 'something follows a closing quote' };
}

/** Looks no further than the field: the next line may be far away. */
function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; at += 1) if (text[at] === '\n') lines += 1;
  return lines;
}
