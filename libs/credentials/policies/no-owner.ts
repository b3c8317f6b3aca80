import { kindRules } from '../kinds.js';
import { DAY_MS, dayOf, type Policy, type Violated } from './policy.js';

/** What people write where something has to be written. */
const PLACEHOLDERS = new Set([
  'none', 'no', 'n a', 'na', 'nil', 'null', 'undefined', 'unknown', 'unassigned', 'unowned', 'no owner', 'no contact', 'nobody', 'no one', 'noone',
  'nowhere', 'tbd', 'tba', 'tbc', 'todo', 'to do', 'to be defined', 'to be decided', 'to be done', 'fixme', 'placeholder', 'dummy', 'change me', 'changeme',
  'somebody', 'someone', 'anyone', 'anybody', 'owner', 'contact', 'not set', 'not known', 'not assigned',
]);

/** Mailboxes that nobody reads; `.invalid` is reserved for addresses that are none (RFC 2606). */
const UNREAD_MAILBOX = /^(no-?reply|do-?not-?reply|nobody|noone|no-?one|devnull|dev-null|null|none)@|@(?:[^@]*\.)?invalid$/;

/** Request logs that are older say nothing of who uses a key now. */
export const SEEN_WITHIN_DAYS = 30;

/** Letters and digits alone, in one case and width: what decoration and invisible characters leave of a text. */
const bare = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\p{Cf}/gu, '').replace(/[^\p{L}\p{N}]+/gu, ' ').trim();

/** Whether a text names nobody: nothing but signs, one of the usual placeholders, or one letter again and again. */
export function isPlaceholder(text: string): boolean {
  const words = bare(text);
  return words === '' || PLACEHOLDERS.has(words) || /^([a-z0-9])\1*$/.test(words);
}

const reachesNobody = (contact: string): boolean => isPlaceholder(contact) || UNREAD_MAILBOX.test(contact.normalize('NFKC').trim().toLowerCase());

/** The registry asks for an owner of each key. That does not make one: this is about owners who stand for nobody. */
export const noOwner: Policy = {
  id: 'no-owner', title: 'No owner',
  why: 'When a key is misused, somebody has to say what it is for and change its callers. Nobody can be asked about this one.',
  judge({ kind, name, owner }) {
    const placeholder = isPlaceholder(owner.name) ? 'owner' : reachesNobody(owner.contact) ? 'contact' : undefined;
    if (placeholder === undefined) return 'kept';
    const why = placeholder === 'owner' ? `Its owner is called “${owner.name}”, which names nobody.` : `Its owner ${owner.name} has the contact “${owner.contact}”, which reaches nobody.`;
    return { severity: 'breach', since: null, due_at: null, summary: `Nobody answers for the ${kindRules[kind].noun} ${name}. ${why}` };
  },
};

/** What request logs say of a key that the registry does not hold. */
export interface SeenKey { key_id: string; first_seen: Date; last_seen: Date; accepted: number }

/** A key in use that nobody registered has no owner at all. One that is only ever refused is no key, and is left to detection. */
export function judgeUnregistered({ key_id, first_seen, last_seen, accepted }: SeenKey, now: Date): Violated | 'kept' {
  if (accepted <= 0 || now.getTime() - last_seen.getTime() > SEEN_WITHIN_DAYS * DAY_MS) return 'kept';
  return {
    severity: 'breach', since: first_seen, due_at: null,
    summary: `Request logs name the key ${key_id} since ${dayOf(first_seen)}. It is used, and the registry does not hold it: nobody answers for it here.`,
  };
}
