import { EPISODE_GAP_MS } from '../merge-finding.js';

/** What of a finding tells it from others. */
export interface ComparedFinding {
  rule_id: string;
  workspace_id: string;
  key_id: string;
  episode: string;
  severity: string;
  summary: string;
  first_seen: Date;
  last_seen: Date;
}

/** A finding that comes, goes or tells another story. Without `after` it is removed, without `before` added. */
export interface FindingChange<F> {
  before?: F;
  after?: F;
}

/** What two findings have in common that may be one story. */
const subjectOf = ({ workspace_id, key_id, rule_id, episode }: ComparedFinding): string => [workspace_id, key_id, rule_id, episode].join('\0');

/**
 * Compares what was found twice over the same requests. Both come in the order of workspace, key, rule, episode (bytes) and first request;
 * the findings of one subject are in memory at a time. Answers the changes, and `same` for each finding that is as it was.
 */
export async function* changesBetween<F extends ComparedFinding>(
  before: AsyncIterable<F>, after: AsyncIterable<F>, same: () => void = () => undefined,
): AsyncGenerator<FindingChange<F>> {
  const [left, right] = [bySubject(before), bySubject(after)];
  let [one, other] = [await left.next(), await right.next()];
  while (!one.done || !other.done) {
    const order = one.done ? 1 : other.done ? -1 : Buffer.compare(Buffer.from(one.value.subject), Buffer.from(other.value.subject));
    for (const change of pairUp(order <= 0 ? one.value!.findings : [], order >= 0 ? other.value!.findings : [])) {
      if (isSame(change)) same();
      else yield change;
    }
    if (order <= 0) one = await left.next();
    if (order >= 0) other = await right.next();
  }
}

async function* bySubject<F extends ComparedFinding>(findings: AsyncIterable<F>): AsyncGenerator<{ subject: string; findings: F[] }, undefined> {
  let group: { subject: string; findings: F[] } | undefined;
  for await (const finding of findings) {
    const subject = subjectOf(finding);
    if (group?.subject === subject) group.findings.push(finding);
    else {
      if (group !== undefined) yield group;
      group = { subject, findings: [finding] };
    }
  }
  if (group !== undefined) yield group;
  return undefined;
}

/** Findings of one subject that lie as close in time as those that extend each other are one story. */
function pairUp<F extends ComparedFinding>(before: readonly F[], after: readonly F[]): FindingChange<F>[] {
  const left = [...after];
  const changes = before.map((finding): FindingChange<F> => {
    const at = left.findIndex((one) => one.first_seen.getTime() - finding.last_seen.getTime() <= EPISODE_GAP_MS
      && finding.first_seen.getTime() - one.last_seen.getTime() <= EPISODE_GAP_MS);
    return at === -1 ? { before: finding } : { before: finding, after: left.splice(at, 1)[0]! };
  });
  return [...changes, ...left.map((finding) => ({ after: finding }))];
}

const isSame = <F extends ComparedFinding>({ before, after }: FindingChange<F>): boolean => before !== undefined && after !== undefined
  && before.severity === after.severity && before.summary === after.summary
  && before.first_seen.getTime() === after.first_seen.getTime() && before.last_seen.getTime() === after.last_seen.getTime();
