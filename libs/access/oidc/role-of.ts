import type { Role } from '@keytrail/contracts';
import type { RoleRule } from '@keytrail/platform';

/** What somebody may do, and where. */
export interface Standing {
  role: Role;
  /** null = all. */
  workspaces: string[] | null;
}

const RANK: Record<RoleRule['role'], number> = { viewer: 0, responder: 1, admin: 2 };

/**
 * What the claims of a person come to by the rules. Of several rules that fit the highest role counts, in all workspaces of the rules that give it: a
 * lower role elsewhere is left out, since a session has one role. undefined: no rule fits, so there is nothing they may do.
 */
export function roleOf(claims: Readonly<Record<string, unknown>>, claim: string, rules: readonly RoleRule[]): Standing | undefined {
  const held = new Set(valuesOf(claimAt(claims, claim)));
  const fitting = rules.filter(({ value }) => held.has(value));
  const highest = fitting.reduce<RoleRule | undefined>((best, rule) => (best === undefined || RANK[rule.role] > RANK[best.role] ? rule : best), undefined);
  if (highest === undefined) return undefined;
  const places = fitting.filter(({ role }) => role === highest.role).map(({ workspaces }) => workspaces);
  const everywhere = places.some((workspaces) => workspaces === null);
  return { role: highest.role, workspaces: everywhere ? null : [...new Set(places.flatMap((workspaces) => workspaces ?? []))] };
}

/** A claim by its name, or else by a dotted path (`realm_access.roles`). Names may hold dots themselves, as URLs do. */
function claimAt(claims: Readonly<Record<string, unknown>>, claim: string): unknown {
  if (Object.hasOwn(claims, claim)) return claims[claim];
  return claim.split('.').reduce<unknown>((value, name) => (typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined), claims);
}

const valuesOf = (claim: unknown): string[] => (Array.isArray(claim) ? claim : [claim]).filter((value): value is string => typeof value === 'string');
