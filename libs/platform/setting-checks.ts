import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A file that is there and holds what it should. Its name is not repeated, as no value is. */
export function readableAs(what: string, holds: (content: Buffer) => boolean) {
  return (file: string, context: z.RefinementCtx<string>): void => {
    let content: Buffer;
    try {
      content = readFileSync(file);
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      context.addIssue({ code: 'custom', message: code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})` });
      return;
    }
    if (!holds(content)) context.addIssue({ code: 'custom', message: `the file is not ${what}` });
  };
}

/** Fits into a header. */
export const printableSecret = z.string().regex(/^[\x21-\x7e]{1,4096}$/, 'must be printable ASCII without spaces');

/** A file that holds such a secret, read at the start. */
export const secretFile = (what: string) => z.string().min(1).superRefine(readableAs(what, (content) => printableSecret.safeParse(content.toString('utf8').trim()).success))
  .transform((file) => readFileSync(file, 'utf8').trim());
