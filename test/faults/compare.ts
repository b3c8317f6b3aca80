import type { Produced, ProducedRequest } from './oracle.js';

/** Rows under one name: a request id, or the digest of a dead letter. */
export interface NamedRows {
  name: string;
  rows: number;
}

/** One cell of a rollup: what it stands for, and its counts. */
export interface Cell {
  cell: string;
  counts: string;
}

/** What is found in the stores after a campaign. */
export interface Stored {
  requests: readonly NamedRows[];
  letters: readonly NamedRows[];
  /** The same in the dead-letter topic. */
  topicLetters: readonly NamedRows[];
  /** Cells by rollup; the same names and order of counts as `expectedCells` has. */
  cells: Record<RollupName, readonly Cell[]>;
}

export interface Comparison {
  /** Rows of request logs. */
  rows: number;
  /** Requests that are not stored, and bad messages that are not kept as dead letters or not in their topic. */
  missing: number;
  /** Rows and dead letters beyond one, and those that nobody sent. */
  doubled: number;
  rollup_mismatches: number;
  /** The first few of what is wrong, for people. */
  examples: string[];
}

export type RollupName = 'request_minutes' | 'key_callers' | 'caller_activity' | 'intake_counts';

const EXAMPLES = 10;

/** Compares every request id, every dead letter and every rollup cell with what was acknowledged. */
export function compare(produced: Produced, stored: Stored): Comparison {
  const examples: string[] = [];
  const say = (example: string) => { if (examples.length < EXAMPLES) examples.push(example); };
  const requests = compareNames('request', produced.requests.map(({ request_id }) => request_id), stored.requests, say);
  const letters = compareNames('dead letter', produced.bad, stored.letters, say);
  const topicLetters = compareNames('letter in the topic', produced.bad, stored.topicLetters, say);
  const wanted = expectedCells(produced);
  let rollup_mismatches = 0;
  for (const rollup of Object.keys(wanted) as RollupName[]) {
    const found = new Map<string, string>();
    // Two rows of one cell never agree with one.
    for (const { cell, counts } of stored.cells[rollup]) found.set(cell, found.has(cell) ? `${found.get(cell)} and ${counts}` : counts);
    for (const cell of new Set([...wanted[rollup].keys(), ...found.keys()])) {
      if (wanted[rollup].get(cell) === found.get(cell)) continue;
      rollup_mismatches += 1;
      say(`${rollup} of ${cell}: ${found.get(cell) ?? 'nothing'} instead of ${wanted[rollup].get(cell) ?? 'nothing'}`);
    }
  }
  return {
    rows: stored.requests.reduce((sum, { rows }) => sum + rows, 0), missing: requests.missing + letters.missing + topicLetters.missing,
    doubled: requests.doubled + letters.doubled + topicLetters.doubled, rollup_mismatches, examples,
  };
}

function compareNames(what: string, wanted: readonly string[], found: readonly NamedRows[], say: (example: string) => void): { missing: number; doubled: number } {
  const rows = new Map(found.map((named) => [named.name, named.rows]));
  let [missing, doubled] = [0, 0];
  for (const name of wanted) {
    const count = rows.get(name) ?? 0;
    rows.delete(name);
    if (count === 1) continue;
    if (count === 0) missing += 1;
    else doubled += count - 1;
    say(`${what} ${name}: ${count} rows`);
  }
  for (const [name, count] of rows) {
    doubled += count;
    say(`${what} ${name}: nobody sent it`);
  }
  return { missing, doubled };
}

/**
 * The cells that must be there. Counts, in this order:
 * request_minutes (key, epoch minute): requests, errors, denied, rate limited, bytes out, addresses
 * key_callers (key, address, user agent): requests, denied
 * caller_activity (key, address, user agent, outcome, epoch minute): requests
 * intake_counts (all): received, stored, dead-lettered
 */
export function expectedCells({ requests, bad }: Produced): Record<RollupName, Map<string, string>> {
  const minutes = new Map<string, { counts: number[]; addresses: Set<string> }>();
  const callers = new Map<string, number[]>();
  const activity = new Map<string, number[]>();
  const add = (cells: Map<string, number[]>, cell: string, counts: number[]) => {
    cells.set(cell, counts.map((count, index) => count + (cells.get(cell)?.[index] ?? 0)));
  };
  for (const request of requests) {
    const { key_id, address, user_agent, bytes_out } = request;
    const minute = Math.floor(request.time / 60_000);
    const outcome = outcomeOf(request);
    const denied = outcome === 'unauthorised' || outcome === 'forbidden' ? 1 : 0;
    const name = `${key_id} ${minute}`;
    const known = minutes.get(name) ?? { counts: [0, 0, 0, 0, 0], addresses: new Set() };
    const counts = [1, outcome === 'error' ? 1 : 0, denied, outcome === 'rate_limited' ? 1 : 0, bytes_out];
    minutes.set(name, { counts: known.counts.map((count, index) => count + counts[index]!), addresses: known.addresses.add(address) });
    add(callers, `${key_id} ${address} ${user_agent}`, [1, denied]);
    add(activity, `${key_id} ${address} ${user_agent} ${outcome} ${minute}`, [1]);
  }
  const joined = (cells: Map<string, number[]>) => new Map([...cells].map(([cell, counts]) => [cell, counts.join(' ')]));
  return {
    request_minutes: new Map([...minutes].map(([cell, { counts, addresses }]) => [cell, [...counts, addresses.size].join(' ')])),
    key_callers: joined(callers), caller_activity: joined(activity),
    intake_counts: new Map([['all', `${requests.length + bad.length} ${requests.length} ${bad.length}`]]),
  };
}

/** As `docs/formats.md` and the contract say it, written here a second time: the oracle believes nobody. */
function outcomeOf({ status }: ProducedRequest): string {
  if (status < 400) return 'authorised';
  return { 401: 'unauthorised', 403: 'forbidden', 429: 'rate_limited' }[status] ?? 'error';
}
