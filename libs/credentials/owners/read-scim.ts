import { badRequest } from '@keytrail/platform';
import { checkedRow, isEmail, isHandle, isProblem, MOST_ROWS, type ReadRows } from './import-row.js';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user';

type Attributes = Readonly<Record<string, unknown>>;

export interface ScimFeed extends ReadRows {
  /** Not all users are in it: it is one page of several, or a single user. */
  partial: boolean;
}

/**
 * Users as RFC 7643 has them: a ListResponse, or one user. `id` (`externalId` where there is none) is the external id, a manager who is among the users the
 * first to ask next. Throws 400 `invalid_feed` for anything else.
 */
export function readScim(content: unknown): ScimFeed {
  const feed = attributesOf(content);
  const list = feed['resources'] ?? (isListResponse(feed) && feed['totalresults'] === 0 ? [] : undefined);
  const users = Array.isArray(list) ? list.map(attributesOf) : 'username' in feed ? [feed] : undefined;
  if (users === undefined) throw badRequest('invalid_feed', 'This is neither a SCIM ListResponse with Resources nor a SCIM user.');
  if (users.length > MOST_ROWS) throw badRequest('too_many_lines', `More than ${MOST_ROWS} owners at once are not taken.`);
  const read: ScimFeed = { rows: [], refused: [], notes: [], partial: !Array.isArray(list) || isPage(feed, users.length) };
  const names = new Map<string, number>();
  for (const user of users) names.set(nameOf(user) ?? '', (names.get(nameOf(user) ?? '') ?? 0) + 1);
  const byId = new Map(users.map((user) => [idOf(user), user]));
  users.forEach((user, index) => {
    const line = index + 1;
    if (textOf(user['username']) === undefined) {
      read.refused.push({ line, code: 'not_a_user', message: 'has no userName' });
      return;
    }
    const row = checkedRow(line, saidOf(user, names, byId));
    if (isProblem(row)) read.refused.push(row);
    else read.rows.push(row);
  });
  return read;
}

function saidOf(user: Attributes, names: ReadonlyMap<string, number>, byId: ReadonlyMap<string | undefined, Attributes>): Record<string, unknown> {
  const userName = textOf(user['username'])!;
  const email = emailOf(user);
  const name = nameOf(user)!;
  const managerId = textOf(attributesOf(attributesOf(user[ENTERPRISE])['manager'])['value']);
  const manager = managerId === undefined ? undefined : byId.get(managerId);
  const managerEmail = manager && emailOf(manager);
  return {
    // Two people with one name are told apart by what they log in with.
    name: (names.get(name) ?? 0) > 1 && name !== userName ? `${name} (${userName})` : name,
    kind: 'person', email, contact: email, external_id: idOf(user), handle: isHandle(userName) && !isEmail(userName) ? userName : undefined,
    status: activeOf(user['active']), escalation: managerEmail === undefined ? undefined : [{ name: nameOf(manager!), contact: managerEmail }],
  };
}

/** Attribute names are the same however they are spelled (RFC 7643, 2.1). */
export const attributesOf = (value: unknown): Attributes => (typeof value === 'object' && value !== null && !Array.isArray(value)
  ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member])) : {});

const isListResponse = (feed: Attributes) => Array.isArray(feed['schemas']) && feed['schemas'].some((schema) => String(schema).endsWith(':ListResponse'));

/** Some directories send numbers as text. What begins further on than with the first user is the last page at best. */
const isPage = (feed: Attributes, users: number) => Number(feed['totalresults'] ?? 0) > users || Number(feed['startindex'] ?? 1) > 1;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined);

const idOf = (user: Attributes) => textOf(user['id']) ?? textOf(user['externalid']);

function nameOf(user: Attributes): string | undefined {
  const { formatted, givenname, familyname } = attributesOf(user['name']);
  const parts = [textOf(givenname), textOf(familyname)].filter((part) => part !== undefined);
  return textOf(user['displayname']) ?? textOf(formatted) ?? (parts.length > 0 ? parts.join(' ') : textOf(user['username']));
}

function emailOf(user: Attributes): string | undefined {
  const emails = (Array.isArray(user['emails']) ? user['emails'] : []).map(attributesOf);
  const first = emails.find(({ primary }) => primary === true) ?? emails[0];
  const userName = textOf(user['username']);
  return textOf(first?.['value']) ?? (userName !== undefined && isEmail(userName) ? userName : undefined);
}

/** Some directories send it as text. */
export function activeOf(active: unknown): unknown {
  const value = typeof active === 'string' ? active.toLowerCase() : active;
  if (value === undefined || value === null) return undefined;
  if (value === true || value === 'true') return 'active';
  return value === false || value === 'false' ? 'left' : active;
}
