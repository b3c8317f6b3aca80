import type { ImportOwners } from '@keytrail/contracts';
import { badRequest } from '@keytrail/platform';
import type { ReadRows } from './import-row.js';
import { readCodeowners, type ReadRules } from './read-codeowners.js';
import { readCsv } from './read-csv.js';
import { readScim } from './read-scim.js';

/** `read`: how many lines say something. `partial`: there is more of it elsewhere. */
export type ReadFeed = { read: number } & (({ kind: 'rules' } & ReadRules) | ({ kind: 'rows'; partial: boolean } & ReadRows));

/** What a feed says. Throws 400 for one that cannot be read at all and for one that says nothing: that would be everybody's leaving. */
export function parsed({ format, content }: Pick<ImportOwners, 'format' | 'content'>): ReadFeed {
  const feed = readAs(format, content);
  if (feed.read === 0) throw badRequest('empty_feed', 'It holds nothing but a header or comments. Nothing was done.');
  return feed;
}

function readAs(format: ImportOwners['format'], content: ImportOwners['content']): ReadFeed {
  if (format === 'scim') {
    const rows = readScim(typeof content === 'string' ? jsonOf(content) : content);
    return { kind: 'rows', read: rows.rows.length + rows.refused.length, ...rows };
  }
  const text = String(content);
  if (format === 'csv') {
    const rows = readCsv(text);
    return { kind: 'rows', read: rows.rows.length + rows.refused.length, partial: false, ...rows };
  }
  const rules = readCodeowners(text);
  return { kind: 'rules', read: rules.rules.length + rules.refused.length, ...rules };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('invalid_feed', 'The users are not valid JSON.');
  }
}
