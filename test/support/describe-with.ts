import { beforeAll, describe, it } from '@jest/globals';

/** A part that tests need and this machine may lack. `missing` is undefined when it can be had. */
export interface Part {
  name: string;
  missing: string | undefined;
  howToGet: string;
  /** Gets the part ready before the suite's own hooks: a first download takes longer than a test may. */
  prepare(): Promise<unknown>;
}

const PREPARE_TIMEOUT_MS = 300_000;

/** A suite that needs `part`: without it the suite says so on stderr and is skipped; with CI=true it fails. */
export function describeWith(part: Part, name: string, suite: () => void): void {
  if (part.missing === undefined) {
    describe(name, () => {
      beforeAll(async () => { await part.prepare(); }, PREPARE_TIMEOUT_MS);
      suite();
    });
    return;
  }
  const why = `This needs ${part.name}, but ${part.missing}. ${part.howToGet}`;
  if (process.env.CI === 'true') {
    describe(name, () => {
      it(`needs ${part.name}`, () => {
        throw new Error(`${why} With CI=true this is a failure, not a skip.`);
      });
    });
    return;
  }
  process.stderr.write(`\nSKIPPED: ${name}\n  ${why}\n`);
  describe.skip(name, suite);
}
