import { beforeAll, describe, expect, it } from '@jest/globals';
import { exportStart, readExportLine, verifyFile, type ExportState, type Yardstick } from '@keytrail/audit-proof';
import { keysOf, makeExport, newSigningKey, type MadeExport } from '../support/audit-export.js';

let yardstick: Yardstick;
let small: MadeExport;
let large: MadeExport;
beforeAll(async () => {
  const key = await newSigningKey();
  yardstick = { keys: await keysOf(key), held: [] };
  small = await makeExport(24, key, { every: 5 });
  large = await makeExport(1_000, key);
});

/** States before each line: any change shows where it is, so that nothing before it need be read again. */
async function statesOf({ lines }: MadeExport): Promise<ExportState[]> {
  const states = [exportStart];
  for (const line of lines) states.push(await readExportLine(states.at(-1)!, Buffer.from(line.slice(0, -1)), yardstick));
  return states;
}

const LF = 0x0a;

/** Reads on from line `index` with one bit of it flipped, up to the line after it; true when that was found. */
async function findsFlip(lines: readonly Buffer[], states: readonly ExportState[], index: number, byte: number, bit: number): Promise<boolean> {
  const line = lines[index]!;
  let changed = Buffer.from(line);
  changed[byte]! ^= 1 << bit;
  // Without its line feed a line goes on with the next one.
  if (byte === line.length - 1) changed = Buffer.concat([changed, lines[index + 1] ?? Buffer.alloc(0)]);
  const end = changed.indexOf(LF);
  if (end < 0) return (await verifyFile([...lines.slice(0, index), changed], yardstick)).outcome === 'tampered';
  return (await readExportLine(states[index]!, changed.subarray(0, end), yardstick)).problems.length > 0;
}

async function missedFlips(made: MadeExport, pick: (line: number, byte: number) => boolean): Promise<{ flips: number; missed: string[] }> {
  const states = await statesOf(made);
  const lines = made.lines.map((line) => Buffer.from(line));
  const missed: string[] = [];
  let flips = 0;
  for (const [index, line] of lines.entries()) {
    for (let byte = 0; byte < line.length; byte += 1) {
      if (!pick(index, byte)) continue;
      for (let bit = 0; bit < 8; bit += 1) {
        flips += 1;
        if (!await findsFlip(lines, states, index, byte, bit)) missed.push(`line ${index} byte ${byte} bit ${bit}`);
      }
    }
  }
  return { flips, missed };
}

describe('an export with one bit flipped', () => {
  it('is found out, every bit of a small one', async () => {
    const { flips, missed } = await missedFlips(small, () => true);
    expect(missed).toEqual([]);
    expect(flips).toBe(Buffer.byteLength(small.text) * 8);
  });

  it('is found out from its beginning as well as from the line on', async () => {
    const bytes = Buffer.from(small.text);
    for (let at = 0; at < bytes.length; at += 97) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << at % 8;
      expect([at, (await verifyFile([changed], yardstick)).outcome]).toEqual([at, 'tampered']);
    }
  });

  // 1,000 entries have some four million bits: `npm run test:tamper` flips every one, a run of all tests every 199th byte.
  const all = process.env.KEYTRAIL_TAMPER === 'full';
  it(`is found out, ${all ? 'every bit' : 'bits here and there'} of one with 1,000 entries`, async () => {
    let seen = 0;
    const { flips, missed } = await missedFlips(large, () => all || (seen += 1) % 199 === 0);
    if (all) process.stderr.write(`tamper: ${flips} of ${Buffer.byteLength(large.text) * 8} bits flipped, ${missed.length} not found\n`);
    expect(missed).toEqual([]);
    expect(flips).toBeGreaterThan(10_000);
    if (all) expect(flips).toBe(Buffer.byteLength(large.text) * 8);
  }, 3_600_000);
});
