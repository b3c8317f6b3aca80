import { createHash } from 'node:crypto';

/** What the ledger says of one partition. Offsets are Kafka's. */
export interface PartitionLedger {
  /** The first offset that is not stored yet; null before anything was: the source says where it starts. */
  next: number | null;
  /** A range that was announced and may or may not be stored: who announced it did not come back to say so. */
  pending: OffsetRange | null;
  /** Grows with every assignment: who acts under an older one has lost the partition. */
  epoch: number;
}

/** Both inclusive. */
export interface OffsetRange {
  first: number;
  last: number;
}

interface Positioned {
  offset: number;
}

export type Step<Message> =
  /** Read from elsewhere: what came does not follow what is stored. */
  | { kind: 'seek'; to: number }
  /** Everything that came is stored already. */
  | { kind: 'skip' }
  /** The reader went where it was sent, and the broker sent it far back: the log ends before what is stored of it. */
  | { kind: 'behind'; expected: number }
  /** A range that has to be stored again is not here whole yet; keep these and read on. */
  | { kind: 'gather'; messages: Message[] }
  /** Store these as one block. `lost`: offsets in front of them that the broker does not have any more. */
  | { kind: 'store'; range: OffsetRange; messages: Message[]; replay: boolean; lost: number };

/**
 * What to do with messages of a partition, given what the ledger says. Pure, and the heart of exactly once: every offset is stored in the
 * range it was first announced in, and in no other.
 *
 * `gathered` holds messages of a pending range that came before; `sought` says that the reader already went where it was sent, so that a
 * hole is a hole: offsets that the broker removed or never gave out (transaction markers, compaction).
 */
export function planStep<Message extends Positioned>(
  ledger: PartitionLedger, arrived: readonly Message[], gathered: readonly Message[], sought: boolean,
): Step<Message> {
  const last = arrived.at(-1)?.offset;
  if (last === undefined) return { kind: 'skip' };
  const expected = gathered.length > 0 ? gathered.at(-1)!.offset + 1 : ledger.pending?.first ?? ledger.next ?? arrived[0]!.offset;
  const messages = arrived.filter(({ offset }) => offset >= expected);
  const first = messages[0]?.offset;
  if (first === undefined) {
    if (expected <= last + 1) return { kind: 'skip' };
    return sought ? { kind: 'behind', expected } : { kind: 'seek', to: expected };
  }
  const startsLate = first > expected && gathered.length === 0;
  if (startsLate && !sought) return { kind: 'seek', to: expected };
  const { pending } = ledger;
  if (pending === null) return { kind: 'store', range: { first: expected, last }, messages, replay: false, lost: startsLate ? first - expected : 0 };
  const inRange = [...gathered, ...messages.filter(({ offset }) => offset <= pending.last)];
  if (last < pending.last) return { kind: 'gather', messages: inRange };
  return { kind: 'store', range: pending, messages: inRange, replay: true, lost: startsLate ? Math.min(first, pending.last + 1) - expected : 0 };
}

/** What the id of a log says about the ledger. */
export type LogVerdict =
  /** It is the log of which the ledger speaks, as far as can be told. */
  | 'same'
  /** The ledger knows no id yet. */
  | 'first_seen'
  /** The topic was made anew: its offsets have nothing to do with those of the ledger. */
  | 'new'
  /** It had an id, and brokers give none now: other brokers, so that nothing can be told. */
  | 'unknown';

/** `known`: the id in the ledger; `found`: what brokers say, null when they give no ids. */
export function judgeLog(known: string | null, found: string | null): LogVerdict {
  if (known === found) return 'same';
  if (known === null) return 'first_seen';
  return found === null ? 'unknown' : 'new';
}

/** The token of a block: that of a range in a log of a partition, and of nothing else. */
export function tokenOfRange({ topic, partition }: { topic: string; partition: number }, { first, last }: OffsetRange, generation: number): string {
  return createHash('sha256').update(`${topic}-${partition}-${first}-${last}${generation === 0 ? '' : `-generation-${generation}`}`).digest('hex');
}
