import { AppError, notFound } from './errors.js';

/**
 * The workspaces a caller may see. Every read and write of a workspace's objects goes through one: what lies outside does not exist
 * for the caller.
 */
export class WorkspaceScope {
  /** Every workspace of the account. */
  static readonly all = new WorkspaceScope(null);

  static of(workspaces: readonly string[] | null): WorkspaceScope {
    return workspaces === null ? WorkspaceScope.all : new WorkspaceScope(new Set(workspaces));
  }

  private constructor(private readonly workspaces: ReadonlySet<string> | null) {}

  get isAll(): boolean {
    return this.workspaces === null;
  }

  /** null = all. */
  get ids(): string[] | null {
    return this.workspaces === null ? null : [...this.workspaces];
  }

  /** null = the account itself: what belongs to it is for callers of every workspace. */
  allows(workspace: string | null): boolean {
    return this.workspaces === null || (workspace !== null && this.workspaces.has(workspace));
  }

  /** Throws 404, as for an object that is not there. */
  assertAllows(workspace: string | null, what = 'workspace'): void {
    if (!this.allows(workspace)) throw notFound(what);
  }

  /** The workspaces a query must stay within, given the one it asks for; null = all, empty = none. */
  narrow(requested?: string): string[] | null {
    if (requested === undefined) return this.ids;
    return this.allows(requested) ? [requested] : [];
  }

  /** Throws 403 unless the caller reaches the whole account. */
  assertAll(what: string): void {
    if (!this.isAll) throw new AppError({ code: 'account_wide_only', status: 403, message: `Only callers of the whole account may ${what}.` });
  }

  /** Whether every one of `workspaces` (null = all) lies inside. */
  contains(workspaces: readonly string[] | null): boolean {
    if (this.workspaces === null) return true;
    return workspaces !== null && workspaces.every((workspace) => this.allows(workspace));
  }
}
