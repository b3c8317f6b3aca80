import { AuditCheckpoint, type CheckpointBody } from '@keytrail/contracts';
import { findFlaw } from './signed-statement.js';
import type { TrustedKeys } from './signing-key.js';
import { tampered, type Verdict } from './verdict.js';
import { looksLikeBundle, verifyBundle } from './verify-bundle.js';
import { exportStart, judgeExport, readExportLine, type ExportState, type Yardstick } from './verify-export.js';

const LF = 0x0a;

/** Checks an export or an incident bundle, read once from its beginning; ends early where what follows cannot be judged. */
export async function verifyFile(chunks: AsyncIterable<Buffer> | Iterable<Buffer>, yardstick: Yardstick): Promise<Verdict> {
  let state: ExportState = exportStart;
  let bundle: Buffer | undefined;
  let ended = true;
  for await (const { bytes, closed } of rawLines(chunks)) {
    ended = closed;
    if (bundle !== undefined) return tampered('something was added behind the bundle');
    if (state.line === 0 && looksLikeBundle(bytes)) {
      bundle = bytes;
      continue;
    }
    state = await readExportLine(state, bytes, yardstick);
    if (state.ended) break;
  }
  if (bundle !== undefined) return ended ? verifyBundle(bundle, yardstick) : tampered('the end of the line is missing; the file was cut off');
  return judgeExport(state, yardstick, ended);
}

/** Lines as the bytes they are, without their line feed; `closed` says whether they had one. */
async function* rawLines(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<{ bytes: Buffer; closed: boolean }> {
  let open: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      yield { bytes: Buffer.concat([...open, chunk.subarray(start, end)]), closed: true };
      open = [];
      start = end + 1;
    }
    if (start < chunk.length) open.push(chunk.subarray(start));
  }
  if (open.length > 0) yield { bytes: Buffer.concat(open), closed: false };
}

/** Checkpoints kept elsewhere: one JSON object, or one on each line. Throws a `TypeError` when one is not to be believed. */
export async function readHeldCheckpoints(text: string, keys: TrustedKeys): Promise<CheckpointBody[]> {
  const bodies: CheckpointBody[] = [];
  for (const line of text.split('\n').filter((part) => part.trim() !== '')) {
    const parsed = AuditCheckpoint.strip().safeParse(parsedOrUndefined(line));
    if (!parsed.success) throw new TypeError('it does not hold checkpoints, one JSON object a line');
    const flaw = await findFlaw('checkpoint', parsed.data, keys);
    if (flaw !== undefined) throw new TypeError(`checkpoint ${parsed.data.body.number} in it is not to be believed: ${flaw}`);
    bodies.push(parsed.data.body);
  }
  return bodies;
}

function parsedOrUndefined(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
