import { LiveEventType, issuedKinds, rolePermissions, type IssuedKind, type LiveQuery, type Permission, type Role } from '@keytrail/contracts';
import { kindRules } from '@keytrail/credentials';
import { AppError, type WorkspaceScope } from '@keytrail/platform';

/** What one listener may see, and asked for. */
export interface LiveView {
  /** null = all, and what belongs to the account. */
  workspaces: readonly string[] | null;
  types: ReadonlySet<LiveEventType>;
  /** Kinds of keys. */
  kinds: ReadonlySet<IssuedKind>;
}

/** What is to be seen of a change without reading it. */
export interface LiveMark {
  type: LiveEventType;
  /** Null: a key of the account. */
  workspace_id: string | null;
  /** Of a key. */
  kind: IssuedKind | null;
}

const NEEDED: Record<Exclude<LiveEventType, 'key'>, Permission> = { incident: 'incidents:read', finding: 'findings:read' };

/** Throws 403 for a type that was asked for by name and that the role may not see. */
export function viewOf({ role, scope }: { role: Role; scope: WorkspaceScope }, { types, workspace }: Pick<LiveQuery, 'types' | 'workspace'>): LiveView {
  const held = rolePermissions[role];
  const kinds = issuedKinds.filter((kind) => held.includes(`${kindRules[kind].path}:read` as Permission));
  const may = (type: LiveEventType) => (type === 'key' ? kinds.length > 0 : held.includes(NEEDED[type]));
  const asked = types?.split(',').map((type) => LiveEventType.parse(type));
  if (asked?.some((type) => !may(type))) throw new AppError({ code: 'forbidden', status: 403, message: `The role ${role} may not see all of these types.` });
  return { workspaces: scope.narrow(workspace), types: new Set(asked ?? LiveEventType.options.filter(may)), kinds: new Set(kinds) };
}

/** Keys of the account are for callers of the whole account, as in every listing. */
export const sees = ({ workspaces, types, kinds }: LiveView, { type, workspace_id, kind }: LiveMark): boolean =>
  types.has(type) && (kind === null || kinds.has(kind)) && (workspaces === null || (workspace_id !== null && workspaces.includes(workspace_id)));
