import { createHash } from 'node:crypto';

const LONGEST = 120;
const SUFFIX = / kt-[0-9a-f]{8}$/;

/**
 * The name of a successor at the key platform: that of the old key, with a mark by which it can be found again when the answer that told of
 * it was lost. The mark of the old key, which was a successor itself perhaps, goes.
 */
export function successorName(name: string, containmentId: string): string {
  const mark = ` kt-${createHash('sha256').update(containmentId).digest('hex').slice(0, 8)}`;
  return `${name.replace(SUFFIX, '').slice(0, LONGEST - mark.length)}${mark}`;
}
