import { access, constants, stat } from 'node:fs/promises';
import { UsageError } from '../config.js';

/** Bytes to read in all; undefined when standard input is among the files. Throws `UsageError` before anything is read. */
export async function measure(files: readonly string[]): Promise<number | undefined> {
  let total: number | undefined = 0;
  const wrong: string[] = [];
  for (const file of files) {
    if (file === '-') {
      total = undefined;
      continue;
    }
    try {
      const found = await stat(file);
      if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      await access(file, constants.R_OK);
      total = found.isFile() && total !== undefined ? total + found.size : undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      wrong.push(`${file}: ${code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a directory' : `cannot be read (${code ?? 'unknown'})`}`);
    }
  }
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'));
  return total;
}
