import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, parseCanonical } from './canonical-json.js';
import { checkpointLine, entryLine } from './export-lines.js';
import { signStatement } from './signed-statement.js';
import { entryAt, keysOf, makeExport, newSigningKey, type MadeExport } from '../../test/support/audit-export.js';
import type { SigningKey } from './signing-key.js';
import { readHeldCheckpoints, verifyFile } from './verify-file.js';
import { exportStart, judgeExport, readExportLine, type ExportState, type Yardstick } from './verify-export.js';

let key: SigningKey;
let other: SigningKey;
let yardstick: Yardstick;
let small: MadeExport;
let large: MadeExport;
beforeAll(async () => {
  [key, other] = [await newSigningKey(), await newSigningKey()];
  yardstick = { keys: await keysOf(key), held: [] };
  small = await makeExport(24, key, { every: 5 });
  large = await makeExport(1_000, key);
});

const verify = (content: string | Buffer | readonly string[], by = yardstick) =>
  verifyFile([Buffer.from(Array.isArray(content) ? content.join('') : content as string)], by);
const problemsOf = async (content: string | readonly string[], by = yardstick) => {
  const verdict = await verify(content, by);
  expect(verdict.outcome).toBe('tampered');
  return verdict.problems;
};
const parse = (line: string) => JSON.parse(line) as { body: Record<string, unknown>; entry: Record<string, unknown>; index: number; leaf_hash: string };

/** States before each line: any change shows where it is, so that nothing before it need be read again. */
async function statesOf({ lines }: MadeExport): Promise<ExportState[]> {
  const states = [exportStart];
  for (const line of lines) states.push(await readExportLine(states.at(-1)!, Buffer.from(line.slice(0, -1)), yardstick));
  return states;
}

describe('an export that nobody touched', () => {
  it('is whole, and says what it proves and what it cannot', async () => {
    const { outcome, problems, notes } = await verify(large.text);
    expect([outcome, problems]).toEqual(['whole', []]);
    expect(notes[0]).toBe('1000 entries, 0 up to 1000, are as they were when signed; checkpoints 0 to 30 fit');
    expect(notes[2]).toContain('what was recorded after checkpoint 30 cannot be told');
  });

  it('is whole however its bytes arrive', async () => {
    const bytes = Buffer.from(small.text);
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
      const sorted = [0, ...cuts, bytes.length].sort((a, b) => a - b);
      const chunks = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index]!, end));
      expect((await verifyFile(chunks, yardstick)).outcome).toBe('whole');
    }), { numRuns: 30 });
  });

  it.each([1, 7, 500, 999])('is whole from entry %i on', async (from) => {
    expect(await verify((await makeExport(1_000, key, { from })).text)).toMatchObject({ outcome: 'whole', problems: [] });
  });

  it('is whole where the key was changed, for who has both keys', async () => {
    const bodies = small.lines.map((line) => JSON.parse(line) as { type: string; body: { number: number; size: number; root: string; at: string } });
    const resigned = await Promise.all(small.lines.map(async (line, at) => (bodies[at]!.type === 'checkpoint' && bodies[at]!.body.number < 3
      ? checkpointLine(await signStatement('checkpoint', bodies[at]!.body, other)) : line)));
    expect((await verify(resigned, { ...yardstick, keys: await keysOf(key, other) })).outcome).toBe('whole');
    expect((await problemsOf(resigned))[0]).toMatch(/checkpoint 0 is not to be believed: it is signed with the key .+, which is not among the public keys given/);
  });
});

describe('an export that was changed on purpose', () => {
  const at = (index: number) => large.lines.findIndex((line) => line.includes(`"index":${index},`));

  it('names the entry that was edited, and only that one', async () => {
    const line = parse(large.lines[at(500)]!);
    const edited = entryLine(line, { ...line.entry, actor: 'token:somebody_else' });
    expect(await problemsOf(large.lines.with(at(500), edited))).toEqual([`line ${at(500) + 1}: entry 500 of the tree (entry_id 1001) is not what was recorded: it was edited`]);
  });

  it('names every entry that was edited, and those the database has lost', async () => {
    const changed = [...large.lines];
    for (const index of [3, 600]) changed[at(index)] = entryLine(parse(large.lines[at(index)]!), { ...parse(large.lines[at(index)]!).entry, reason: null, x: 1 });
    changed[at(700)] = entryLine(parse(large.lines[at(700)]!), null);
    expect((await problemsOf(changed)).map((problem) => problem.replace(/^line \d+: /, ''))).toEqual([
      expect.stringMatching(/^entry 3 of the tree .* was edited$/), expect.stringMatching(/^entry 600 of the tree .* was edited$/),
      'entry 700 of the tree is gone from the database',
    ]);
  });

  it('finds an entry that was replaced together with its hash, between two checkpoints', async () => {
    const made = await makeExport(1_000, other, { entry: (index) => ({ ...entryAt(index), ...(index === 523 && { actor: 'nobody' }) }) });
    const line = made.lines.find((one) => one.includes('"index":523,'))!;
    expect(await problemsOf(large.lines.with(at(523), line))).toEqual([expect.stringMatching(/: checkpoint \d+ does not fit: something was edited, removed, added or moved among entries 500 to 549 of the tree$/)]);
  });

  it('finds the removal of any line', async () => {
    const states = await statesOf(large);
    for (let removed = 0; removed < large.lines.length; removed += 1) {
      let state = states[removed]!;
      for (const line of large.lines.slice(removed + 1)) {
        if (state.ended) break;
        state = await readExportLine(state, Buffer.from(line.slice(0, -1)), yardstick);
      }
      expect([removed, judgeExport(state, yardstick, true).outcome]).toEqual([removed, 'tampered']);
    }
    expect(await problemsOf(large.lines.toSpliced(at(17), 1))).toEqual([`line ${at(17) + 1}: entry 17 of the tree is missing: entry 18 of the tree follows`]);
  });

  it('finds a removal that numbers the rest anew', async () => {
    const renumbered = large.lines.toSpliced(at(17), 1).map((line) => (line.includes('"type":"entry"') && parse(line).index > 17
      ? entryLine({ ...parse(line), index: parse(line).index - 1 }, parse(line).entry) : line));
    expect(await problemsOf(renumbered)).toEqual([expect.stringMatching(/: entry 49 of the tree is missing: checkpoint 0 covers 50 entries$/)]);
  });

  it('finds any two lines that change places, be they numbered anew or not', async () => {
    const [mostSmall, mostLarge] = [small.lines.length - 1, large.lines.length - 1];
    for (let a = 0; a <= mostSmall; a += 1) {
      for (let b = a + 1; b <= mostSmall; b += 1) {
        const swapped = small.lines.with(a, small.lines[b]!).with(b, small.lines[a]!);
        expect([a, b, (await verify(swapped)).outcome]).toEqual([a, b, 'tampered']);
      }
    }
    await fc.assert(fc.asyncProperty(fc.nat(mostLarge), fc.nat(mostLarge), async (a, b) => {
      fc.pre(a !== b);
      expect((await verify(large.lines.with(a, large.lines[b]!).with(b, large.lines[a]!))).outcome).toBe('tampered');
    }), { numRuns: 200 });
    const [first, second] = [parse(large.lines[at(60)]!), parse(large.lines[at(61)]!)];
    const renumbered = large.lines.with(at(60), entryLine({ ...second, index: 60 }, second.entry)).with(at(61), entryLine({ ...first, index: 61 }, first.entry));
    expect(await problemsOf(renumbered)).toEqual([expect.stringContaining('among entries 50 to 99 of the tree')]);
  }, 300_000);

  it('finds where it was cut off, at every line and at every byte of the last two', async () => {
    const states = await statesOf(large);
    for (let kept = 0; kept < large.lines.length; kept += 1) {
      expect([kept, judgeExport(states[kept]!, yardstick, true).outcome]).toEqual([kept, 'tampered']);
    }
    expect(judgeExport(states.at(-1)!, yardstick, true).outcome).toBe('whole');
    const bytes = Buffer.from(small.text);
    for (let length = bytes.length - Buffer.byteLength(small.lines.slice(-2).join('')); length < bytes.length; length += 1) {
      expect([length, (await verify(bytes.subarray(0, length))).outcome]).toEqual([length, 'tampered']);
    }
    expect(await problemsOf(large.lines.slice(0, 400))).toEqual(['the export was cut off after line 400: it should go on to checkpoint 30 over 1000 entries; 389 are there']);
    expect(await problemsOf('')).toEqual(['the file is empty']);
  });

  it('finds what was added behind its end, entries and checkpoints alike', async () => {
    const further = await makeExport(1_010, key);
    const more = further.lines.slice(further.lines.findIndex((line) => line.includes('"index":1000,')));
    for (const added of [more.slice(0, 1), more, [large.lines.at(-1)!], ['\n'], [' ']]) {
      expect(await problemsOf([...large.lines, ...added])).toEqual([expect.stringMatching(/added|edited or cut off/)]);
    }
  });

  it('finds checkpoints of another key, and a whole record of another key', async () => {
    const forged = await makeExport(1_000, other);
    for (const [index, line] of large.lines.entries()) {
      if (!line.includes('"type":"checkpoint"')) continue;
      expect(await problemsOf(large.lines.with(index, forged.lines[index]!))).toEqual([expect.stringMatching(/is not to be believed: it is signed with the key/)]);
    }
    expect(await problemsOf(forged.text)).toEqual([expect.stringMatching(/^line 1: the first line is not to be believed/)]);
  });

  it('finds a signature that is true but of another thing', async () => {
    const index = large.lines.length - 1;
    const { body } = parse(large.lines[index]!);
    const asBundle = await signStatement('incident-bundle', body, key);
    expect(await problemsOf(large.lines.with(index, checkpointLine(asBundle as never)))).toEqual([expect.stringContaining('it is not signed as checkpoint')]);
  });

  it('finds a record that was written anew with the true key, by a checkpoint that was kept', async () => {
    const anew = await makeExport(1_000, key, { entry: (index) => ({ ...entryAt(index), ...(index === 1 && { actor: 'nobody' }) }) });
    const held = (number: number) => ({ ...yardstick, held: large.bodies.filter((body) => body.number === number) });
    expect((await verify(anew.text)).outcome).toBe('whole');
    expect(await problemsOf(anew.text, held(4))).toEqual([expect.stringContaining('checkpoint 4 is not the one you hold: the record was written anew')]);
    expect((await verify(large.text, held(4))).outcome).toBe('whole');
    const shorter = await makeExport(900, key);
    expect((await verify(shorter.text)).outcome).toBe('whole');
    expect(await problemsOf(shorter.text, held(30))).toEqual([expect.stringContaining('but you hold checkpoint 30 over 1000: its end was cut off')]);
    expect((await verify((await makeExport(1_000, key, { from: 500 })).text, held(4))).outcome).toBe('undecided');
  });

  it('believes no kept checkpoint without its signature', async () => {
    const line = large.lines.at(-1)!;
    expect(await readHeldCheckpoints(line, yardstick.keys)).toEqual([large.bodies.at(-1)]);
    const { body, ...rest } = JSON.parse(line) as { body: object };
    await expect(readHeldCheckpoints(JSON.stringify({ ...rest, body: { ...body, size: 999 } }), yardstick.keys)).rejects.toThrow('is not to be believed');
    await expect(readHeldCheckpoints('{}', yardstick.keys)).rejects.toThrow('does not hold checkpoints');
  });
});

describe('canonical JSON', () => {
  it('has one form for a value, and reads back as it', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const canonical = canonicalJson(value);
      expect(canonicalJson(JSON.parse(canonical))).toBe(canonical);
      expect(JSON.parse(canonical)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(parseCanonical(Buffer.from(canonical))).toEqual(JSON.parse(canonical));
    }));
  });

  it.each(['{"b":1,"a":2}', '{"a": 1}', ' 1', '1.0', '1e2', '"\\u0041"', '{"a":1,"a":2}', '"\\/"', '-0', ''])('does not take %s', (text) => {
    expect(parseCanonical(Buffer.from(text))).toBeUndefined();
  });

  // The example of RFC 8785, 3.2.3, on the order of names.
  it('sorts names by their UTF-16 units', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
    expect(Object.keys(JSON.parse(canonicalJson(Object.fromEntries(names.map((name) => [`x${name}`, name])))) as object)).toEqual(sorted.map((name) => `x${name}`));
  });

  it.each([[undefined], [Number.NaN], [Infinity], [() => 1], [{ a: undefined }]])('refuses %p', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});
