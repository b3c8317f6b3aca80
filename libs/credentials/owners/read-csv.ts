import type { EscalationContact } from '@keytrail/contracts';
import { badRequest } from '@keytrail/platform';
import { csvRecords } from './csv.js';
import { checkedRow, isProblem, MOST_ROWS, type ReadRows } from './import-row.js';

const COLUMNS = ['name', 'kind', 'contact', 'email', 'handle', 'external_id', 'status', 'escalation'];
const NAMED_CONTACT = /^([^<>]*[^<>\s])\s*<([^<>]+)>$/;

/** Owners of a table: its header names the columns, in any order. An empty cell says nothing. Throws 400 for a header that cannot be used and for too many lines. */
export function readCsv(text: string): ReadRows {
  const [header, ...records] = csvRecords(text, MOST_ROWS + 2);
  if (header === undefined) throw badRequest('empty_feed', 'The table is empty.');
  const columns = header.fields.map((field) => field.trim().toLowerCase());
  if (!['name', 'email', 'handle', 'external_id'].some((column) => columns.includes(column)) || new Set(columns).size < columns.length) {
    throw badRequest('invalid_feed', `The first line must name the columns, each once, among them at least one of name, email, handle and external_id. Known are ${COLUMNS.join(', ')}.`);
  }
  if (records.length > MOST_ROWS) throw badRequest('too_many_lines', `More than ${MOST_ROWS} owners at once are not taken.`);
  const read: ReadRows = { rows: [], refused: [], notes: [] };
  const unknown = columns.filter((column) => !COLUMNS.includes(column)).length;
  if (unknown > 0) read.notes.push({ line: header.line, message: `${unknown} ${unknown === 1 ? 'column is' : 'columns are'} not known, and not read` });
  for (const { line, fields, problem } of records) {
    if (problem !== undefined || fields.length !== columns.length) {
      read.refused.push({ line, code: 'invalid_line', message: problem ?? `has ${fields.length} fields, and the header ${columns.length}` });
      continue;
    }
    const said = Object.fromEntries(columns.flatMap((column, place) => {
      const value = fields[place]!.trim();
      return !COLUMNS.includes(column) || value === '' ? [] : [[column, valueOf(column, value)]];
    }));
    const row = checkedRow(line, said);
    if (isProblem(row)) read.refused.push(row);
    else read.rows.push(row);
  }
  return read;
}

function valueOf(column: string, value: string): unknown {
  if (column === 'escalation') return contactsOf(value);
  if (column === 'handle') return value.replace(/^@/, '');
  return column === 'kind' || column === 'status' ? value.toLowerCase() : value;
}

/** `Ada <ada@example.com>; #on-call`: name and contact, or what is both. */
function contactsOf(value: string): EscalationContact[] {
  return value.split(';').map((part) => part.trim()).filter((part) => part !== '').map((part) => {
    const [, name = part, contact = part] = NAMED_CONTACT.exec(part) ?? [];
    return { name, contact };
  });
}
