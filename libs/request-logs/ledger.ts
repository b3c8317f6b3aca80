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
  if (first === undefined) return expected > last + 1 && !sought ? { kind: 'seek', to: expected } : { kind: 'skip' };
  const startsLate = first > expected && gathered.length === 0;
  if (startsLate && !sought) return { kind: 'seek', to: expected };
  const { pending } = ledger;
  if (pending === null) return { kind: 'store', range: { first: expected, last }, messages, replay: false, lost: startsLate ? first - expected : 0 };
  const inRange = [...gathered, ...messages.filter(({ offset }) => offset <= pending.last)];
  if (last < pending.last) return { kind: 'gather', messages: inRange };
  return { kind: 'store', range: pending, messages: inRange, replay: true, lost: startsLate ? Math.min(first, pending.last + 1) - expected : 0 };
}
