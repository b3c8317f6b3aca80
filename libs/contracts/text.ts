import { z } from 'zod';
import { withoutSecrets } from './without-secrets.js';

const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Printable text of 1 to `max` UTF-16 units; control characters (NUL among them) are refused. */
export const text = (max: number) =>
  z.string().min(1).max(max).refine((value) => !CONTROL.test(value), { message: 'contains a control character' });

/** What somebody says in their own words, kept for good: secrets in it are cut down to what tells which they were. */
export const remark = (max: number) => text(max).overwrite(withoutSecrets);

/** What something is called. A name is shown everywhere, so one that holds a secret is refused. */
export const label = (max: number) => text(max).refine((value) => withoutSecrets(value) === value, { message: 'holds a secret' });

/** An id as Keytrail and gateways write them: no white space, at most `max` characters. */
export const identifier = (max = 256) =>
  z.string().min(1).max(max).regex(/^[^\s\u0000-\u001f\u007f]+$/, 'must not contain white space or control characters');

/** An instant as an RFC 3339 date-time with an offset. */
export const timestamp = z.iso.datetime({ offset: true });

/** `limit` and `cursor` of a listing, newest first. `cursor` is opaque: send back the `next_cursor` of the page before. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Rows a page holds at most'),
  cursor: z.string().max(512).optional().describe('`next_cursor` of the page before'),
};

/** One or more of some words, separated by commas, such as `open,acknowledged`. */
export const someOf = (words: readonly string[]) => {
  const word = `(?:${words.join('|')})`;
  return z.string().regex(new RegExp(`^${word}(?:,${word})*$`), `must be some of ${words.join(', ')}, separated by commas`);
};

/** The page a listing answers with. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() });

/** The Idempotency-Key header: 1 to 200 printable ASCII characters. */
export const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters').optional();
export type IdempotencyKey = z.infer<typeof IdempotencyKey>;
