import { AuditExportLine, type AuditExportHeader, type CheckpointBody } from '@keytrail/contracts';
import { leafHashOf } from './audit-leaf.js';
import { canonicalJson, parseCanonical } from './canonical-json.js';
import { append, emptyFrontier, rootOf, subtreeCount, type Frontier } from './merkle/frontier.js';
import { findFlaw } from './signed-statement.js';
import type { TrustedKeys } from './signing-key.js';
import type { Verdict } from './verdict.js';

/** What an export is measured by. */
export interface Yardstick {
  keys: TrustedKeys;
  /** Checkpoints that were kept elsewhere, with good signatures. */
  held: readonly CheckpointBody[];
}

/** How far the reading of an export got. Never changed in place. */
export interface ExportState {
  readonly line: number;
  readonly header: AuditExportHeader | undefined;
  readonly frontier: Frontier;
  readonly last: CheckpointBody | undefined;
  readonly entries: number;
  readonly problems: readonly string[];
  /** What follows could not be judged any more. */
  readonly ended: boolean;
}

export const exportStart: ExportState = {
  line: 0, header: undefined, frontier: emptyFrontier, last: undefined, entries: 0, problems: [], ended: false,
};

const MOST_PROBLEMS = 20;

const wrong = (state: ExportState, problem: string, ended = true): ExportState => {
  const problems = [...state.problems, `line ${state.line}: ${problem}`];
  return { ...state, problems, ended: ended || problems.length >= MOST_PROBLEMS };
};

/** Reads one line more (without its line feed). Every byte counts: a line has one form only. */
export async function readExportLine(before: ExportState, bytes: Buffer, yardstick: Yardstick): Promise<ExportState> {
  if (before.ended) return before;
  const state = { ...before, line: before.line + 1 };
  const parsed = AuditExportLine.safeParse(parseCanonical(bytes));
  if (!parsed.success) return wrong(state, `${state.header === undefined ? 'this is not the beginning of an export' : placeOf(state)}; the line was edited or cut off`);
  const line = parsed.data;
  if ((state.header === undefined) !== (line.type === 'export')) {
    return wrong(state, state.header === undefined ? 'the first line is missing' : 'a second export begins here');
  }
  if (line.type === 'export') return readHeader(state, line, yardstick);
  const header = state.header as AuditExportHeader;
  if (state.last?.number === header.last_checkpoint) return wrong(state, 'this was added: the export ended before');
  return line.type === 'entry' ? readEntry(state, line) : readCheckpoint(state, header, line, yardstick);
}

const placeOf = ({ frontier, header }: ExportState) =>
  (frontier.size < (header?.to_index ?? 0) ? `here should be entry ${frontier.size} of the tree, or a checkpoint` : 'here should be a checkpoint');

type LineOf<Type> = Extract<AuditExportLine, { type: Type }>;

async function readHeader(state: ExportState, line: LineOf<'export'>, { keys }: Yardstick): Promise<ExportState> {
  const header = line.body;
  const flaw = await findFlaw('audit-export', line, keys);
  if (flaw !== undefined) return wrong(state, `the first line is not to be believed: ${flaw}`);
  if (header.before.length !== subtreeCount(header.from_index)) return wrong(state, 'the hashes of the entries before this export are not those of any tree');
  return { ...state, header, frontier: { size: header.from_index, hashes: header.before.map((hash) => Buffer.from(hash, 'hex')) } };
}

function readEntry(state: ExportState, { index, entry, leaf_hash }: LineOf<'entry'>): ExportState {
  const expected = state.frontier.size;
  if (index > expected) return wrong(state, `${rangeName(expected, index)} missing: entry ${index} of the tree follows`);
  if (index < expected) return wrong(state, `entry ${index} of the tree stands where entry ${expected} belongs: it was moved, repeated or added`);
  const hash = Buffer.from(leaf_hash, 'hex');
  const read = { ...state, entries: state.entries + 1, frontier: append(state.frontier, hash).frontier };
  if (entry === null) return wrong(read, `entry ${index} of the tree is gone from the database`, false);
  // The tree goes on with the hash that is claimed: where that is the true one, this entry is named alone.
  if (!leafHashOf(entry).equals(hash)) return wrong(read, `entry ${index} of the tree (entry_id ${String(entry['entry_id'])}) is not what was recorded: it was edited`, false);
  return read;
}

async function readCheckpoint(state: ExportState, header: AuditExportHeader, line: LineOf<'checkpoint'>, { keys, held }: Yardstick): Promise<ExportState> {
  const { body } = line;
  const flaw = await findFlaw('checkpoint', line, keys);
  if (flaw !== undefined) return wrong(state, `checkpoint ${body.number} is not to be believed: ${flaw}`);
  const expected = state.last === undefined ? header.first_checkpoint : state.last.number + 1;
  if (body.number !== expected) return wrong(state, `checkpoint ${body.number} stands where checkpoint ${expected} belongs: some were removed, moved or added`);
  const { size } = state.frontier;
  if (body.size > size) return wrong(state, `${rangeName(size, body.size)} missing: checkpoint ${body.number} covers ${body.size} entries`);
  if (body.size < size) return wrong(state, `${rangeName(body.size, size)} added or moved before checkpoint ${body.number}, which covers ${body.size} entries`);
  if (rootOf(state.frontier).toString('hex') !== body.root) {
    const from = state.last?.size ?? header.from_index;
    const where = from < size ? `among entries ${from} to ${size - 1} of the tree` : 'in the entries before';
    return wrong(state, `checkpoint ${body.number} does not fit: something was edited, removed, added or moved ${where}`);
  }
  const kept = held.find(({ number }) => number === body.number);
  if (kept !== undefined && canonicalJson(kept) !== canonicalJson(body)) {
    return wrong(state, `checkpoint ${body.number} is not the one you hold: the record was written anew`);
  }
  return { ...state, last: body };
}

const rangeName = (from: number, to: number) => (to - from === 1 ? `entry ${from} of the tree is` : `entries ${from} to ${to - 1} of the tree are`);

/** What the lines add up to. `endsWithLineFeed`: the file's last line is whole. */
export function judgeExport(state: ExportState, { held }: Yardstick, endsWithLineFeed: boolean): Verdict {
  const { header, last } = state;
  const problems = [...state.problems];
  if (header === undefined && problems.length === 0) problems.push('the file is empty');
  else if (!endsWithLineFeed && problems.length === 0) problems.push(`line ${state.line}: the end of the line is missing; the file was cut off`);
  if (header !== undefined && !state.ended && last?.number !== header.last_checkpoint) {
    problems.push(`the export was cut off after line ${state.line}: it should go on to checkpoint ${header.last_checkpoint} over ${header.to_index} entries; ${state.frontier.size} are there`);
  }
  if (header === undefined || last === undefined || problems.length > 0) return { outcome: 'tampered', problems, notes: [] };
  const outside = held.filter(({ number }) => number < header.first_checkpoint || number > header.last_checkpoint);
  const rolledBack = outside.filter(({ number, at }) => header.complete && number > header.last_checkpoint && Date.parse(at) <= Date.parse(header.exported_at));
  if (rolledBack.length > 0) {
    return { outcome: 'tampered', notes: [], problems: rolledBack.map(({ number, size }) =>
      `the record ends with checkpoint ${last.number} over ${last.size} entries, but you hold checkpoint ${number} over ${size}: its end was cut off`) };
  }
  return {
    outcome: outside.length > 0 ? 'undecided' : 'whole', problems: outside.map(({ number }) => `checkpoint ${number}, which you hold, lies outside of this export: it cannot be compared`),
    notes: [
      `${state.entries} entries, ${header.from_index} up to ${header.to_index}, are as they were when signed; checkpoints ${header.first_checkpoint} to ${last.number} fit`,
      `the last is checkpoint ${last.number} of ${last.at}, root ${last.root}, key ${header.key_id}`,
      `exported ${header.exported_at} by ${header.exported_by}; what was recorded after checkpoint ${last.number} cannot be told from this file`,
      ...(held.length > outside.length ? [`${held.length - outside.length} checkpoints you hold agree`] : ['no checkpoint kept elsewhere was compared (--checkpoint): a record written anew as a whole by who has the signing key would look the same']),
    ],
  };
}
