import { OwnerIndex } from './owner-index.js';
import type { LineProblem, Note } from './import-row.js';
import type { NewOwner, OwnedKey, OwnerRow } from './owner-row.js';
import type { OwnerRule, ReadRules } from './read-codeowners.js';

export interface Reassignment {
  line: number;
  key: OwnedKey;
  from: { owner_id: string; name: string };
  /** Who is there, or is made by this. */
  to: OwnerRow | NewOwner;
}

export interface KeysPlan {
  created: NewOwner[];
  reassigned: Reassignment[];
  unchanged: number;
  refused: LineProblem[];
  notes: Note[];
}

/**
 * Whose keys are by the last pattern that matches each. A line whose owner is not known makes one, where it has keys to give and `create` says so. Nothing is
 * given away while a pattern cannot be read: it might have been the last one that matches.
 */
export function planKeys({ rules, refused }: ReadRules, owners: readonly OwnerRow[], keys: readonly OwnedKey[], create: boolean): KeysPlan {
  const plan: KeysPlan = { created: [], reassigned: [], unchanged: 0, refused: [...refused], notes: [] };
  if (refused.some(({ code }) => code === 'invalid_pattern')) {
    plan.notes.push({ line: null, message: 'No key is given to anybody while a pattern cannot be read: it might be the last that matches' });
    return plan;
  }
  const index = new OwnerIndex(owners);
  const nameOf = new Map(owners.map(({ owner_id, name }) => [owner_id, name]));
  const resolved = new Map<number, OwnerRow | NewOwner | undefined>();
  const madeFor = new Map<string, NewOwner>();
  const resolve = (line: number, owner: string) => {
    const found = ownerOf(line, owner, index, madeFor, create);
    if ('code' in found) plan.refused.push(found);
    resolved.set(line, 'code' in found ? undefined : found);
  };
  const ruleOf = new Map<string, OwnerRule | undefined>();
  for (const key of keys) {
    // Most keys share service and name with others: those of rotations do.
    const path = JSON.stringify([key.service, key.name]);
    if (!ruleOf.has(path)) ruleOf.set(path, rules.findLast(({ matches }) => matches(key)));
    const rule = ruleOf.get(path);
    if (rule === undefined || rule.owner === null) {
      plan.unchanged += 1;
      if (rule !== undefined) resolved.set(rule.line, undefined);
      continue;
    }
    if (!resolved.has(rule.line)) resolve(rule.line, rule.owner);
    const to = resolved.get(rule.line);
    if (to === undefined || ('owner_id' in to && to.owner_id === key.owner_id)) plan.unchanged += 1;
    else plan.reassigned.push({ line: rule.line, key, from: { owner_id: key.owner_id, name: nameOf.get(key.owner_id) ?? '' }, to });
  }
  plan.created.push(...madeFor.values());
  for (const { line, owner, others } of rules) {
    if (owner !== null && !resolved.has(line)) plan.notes.push({ line, message: 'is the last match of no active key' });
    else if (others > 0) plan.notes.push({ line, message: 'names more than one owner; the first has the keys' });
  }
  return plan;
}

function ownerOf(line: number, owner: string, index: OwnerIndex, madeFor: Map<string, NewOwner>, create: boolean): OwnerRow | NewOwner | LineProblem {
  const [found, ...more] = index.named(owner);
  if (more.length > 0) return { line, code: 'ambiguous', message: 'several owners have this e-mail address' };
  if (found?.status === 'left') return { line, code: 'owner_left', message: 'the owner left: no key can be given to them' };
  if (found !== undefined) return found;
  const name = owner.replace(/^@/, '');
  const made = madeFor.get(name.toLowerCase());
  if (made !== undefined) return made;
  if (!create) return { line, code: 'unknown_owner', message: 'no owner has this handle or e-mail address' };
  if (name.length > 120) return { line, code: 'incomplete', message: 'is not known, and too long for the name of an owner: make the owner first' };
  const isHandle = owner.startsWith('@');
  const row: NewOwner = {
    line, name, kind: isHandle && name.includes('/') ? 'team' : 'person', contact: owner, email: isHandle ? null : name, handle: isHandle ? name : null, external_id: null,
    source: null, escalation: [],
  };
  if (index.taken(row) !== undefined) return { line, code: 'name_taken', message: 'another owner has this name' };
  madeFor.set(name.toLowerCase(), row);
  return row;
}
