import { Injectable } from '@nestjs/common';
import type { AccessToken, CreateAccessToken, CreatedAccessToken } from '@keytrail/contracts';
import { AuditTrail } from '@keytrail/audit-trail';
import { AppError, Clock, LAST_EXPIRY, NextBatch, Secrets, badRequest, newBearerKey, newId, notFound, parseBearerKey, systemActor, type Caller, type Marks } from '@keytrail/platform';
import { Changes, Database, type Executor } from '@keytrail/postgres';

const shown = ['token_id', 'name', 'role', 'workspaces', 'created_at', 'created_by', 'expires_at', 'revoked_at'] as const;

interface TokenRow {
  token_id: string; name: string; role: AccessToken['role']; workspaces: string[] | null; created_at: Date; created_by: string;
  expires_at: Date | null; revoked_at: Date | null;
}

/** Bearer tokens for people and machines that call Keytrail. Only keyed digests are kept. */
@Injectable()
export class AccessTokenStore {
  private administrator: { asked: number; digest: Promise<string | undefined> } | undefined;
  /** By digest, as of the change that `marks` tells of. */
  private readonly held = new Map<string, TokenRow>();
  private marks: Marks | undefined;
  private readonly missing = new NextBatch((digests: readonly string[]) => this.readByDigest(digests));

  constructor(
    private readonly database: Database, private readonly secrets: Secrets, private readonly clock: Clock,
    private readonly auditTrail: AuditTrail, private readonly changes: Changes,
  ) {}

  /**
   * The live token a bearer value stands for, as it was at some moment of this call, and what was known of that moment. What is neither built
   * like a token of ours nor the administrator's, which may have any shape, is told without asking the database.
   */
  async find(bearer: string): Promise<{ token: TokenRow; marks: Marks } | undefined> {
    const digest = this.secrets.digest('access-token-digest', bearer);
    if (!isTokenShaped(bearer) && digest !== await this.administratorDigest()) return undefined;
    const marks = await this.changes.now();
    this.forgetBefore(marks);
    const token = this.held.get(digest) ?? await this.missing.load(digest);
    if (token === undefined || token.revoked_at !== null) return undefined;
    return token.expires_at !== null && token.expires_at.getTime() <= this.clock.now() ? undefined : { token, marks };
  }

  async create(caller: Caller, request: CreateAccessToken): Promise<CreatedAccessToken> {
    const workspaces = request.workspaces ?? null;
    if (!caller.scope.contains(workspaces)) {
      throw new AppError({ code: 'scope_too_wide', status: 403, message: 'A token cannot reach workspaces that its maker cannot.' });
    }
    const now = this.clock.date();
    const expires = request.expires_at === undefined ? null : new Date(request.expires_at);
    if (expires !== null && expires <= now) throw badRequest('expiry_in_the_past', 'expires_at lies in the past.');
    if (expires !== null && expires > LAST_EXPIRY) throw badRequest('expiry_too_far', 'expires_at lies beyond the year 9999.');
    const token = newBearerKey('access');
    const row = {
      token_id: newId('tok'), name: request.name, role: request.role, created_at: now, created_by: caller.actor, expires_at: expires,
    };
    await this.database.transaction().execute(async (transaction) => {
      await assertWorkspaces(transaction, workspaces ?? []);
      await transaction.insertInto('access_tokens').values({
        ...row, workspaces: workspaces === null ? null : JSON.stringify(workspaces), digest: this.secrets.digest('access-token-digest', token),
      }).execute();
      await this.auditTrail.record(transaction, caller, {
        action: 'access_token.created', object_type: 'access_token', object_id: row.token_id, workspace_id: null,
        detail: { name: row.name, role: row.role, workspaces },
      });
    });
    return { ...present({ ...row, workspaces, revoked_at: null }), token };
  }

  /** Tokens that reach no further than the caller. */
  async list(caller: Caller): Promise<AccessToken[]> {
    const rows = await this.database.selectFrom('access_tokens').select(shown).orderBy('token_id', 'desc').execute();
    return rows.filter((row) => caller.scope.contains(row.workspaces)).map(present);
  }

  async revoke(caller: Caller, tokenId: string): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      const row = await transaction.selectFrom('access_tokens').select(shown).where('token_id', '=', tokenId).executeTakeFirst();
      if (row === undefined || !caller.scope.contains(row.workspaces)) throw notFound('access token');
      if (row.revoked_at !== null) return;
      await transaction.updateTable('access_tokens').set({ revoked_at: this.clock.date() }).where('token_id', '=', tokenId).execute();
      await this.auditTrail.record(transaction, caller, {
        action: 'access_token.revoked', object_type: 'access_token', object_id: tokenId, workspace_id: null, detail: { name: row.name },
      });
    });
  }

  /**
   * Makes sure that there is an administrator. With `configured`, that token is the administrator's from now on. Without, one is made
   * the first time; it is returned then and never again.
   */
  async ensureAdministrator(configured: string | undefined): Promise<string | undefined> {
    this.administrator = undefined;
    const digestOf = (token: string) => this.secrets.digest('access-token-digest', token);
    const existing = await this.database.selectFrom('access_tokens').select('digest').where('token_id', '=', ADMINISTRATOR).executeTakeFirst();
    if (configured === undefined && existing !== undefined) return undefined;
    const token = configured ?? newBearerKey('access');
    if (existing?.digest === digestOf(token)) return undefined;
    const made = await this.database.transaction().execute(async (transaction) => {
      const written = await transaction.insertInto('access_tokens').values({
        token_id: ADMINISTRATOR, name: 'administrator', role: 'admin', workspaces: null, digest: digestOf(token), created_at: this.clock.date(),
        created_by: systemActor.actor,
      }).onConflict((conflict) => {
        const taken = conflict.column('token_id');
        // A token made here must not replace one that another process made at the same time, and has shown.
        return configured === undefined ? taken.doNothing() : taken.doUpdateSet({ digest: digestOf(token), revoked_at: null });
      }).returning('token_id').executeTakeFirst();
      if (written === undefined) return false;
      await this.auditTrail.record(transaction, systemActor, {
        action: existing === undefined ? 'access_token.created' : 'access_token.replaced', object_type: 'access_token', object_id: ADMINISTRATOR,
        workspace_id: null, detail: { from: configured === undefined ? 'made at the first start' : 'KEYTRAIL_ADMIN_TOKEN' },
      });
      return true;
    });
    return configured === undefined && made ? token : undefined;
  }

  /** Tokens change seldom: one change makes all be read anew. */
  private forgetBefore(marks: Marks): void {
    if (this.marks !== undefined && this.marks.restores >= marks.restores && this.marks.access_tokens >= marks.access_tokens) return;
    this.held.clear();
    this.marks = marks;
  }

  private async readByDigest(digests: readonly string[]): Promise<Map<string, TokenRow>> {
    const { marks } = this;
    const rows = await this.database.selectFrom('access_tokens').select([...shown, 'digest']).where('digest', 'in', digests).execute();
    const found = new Map(rows.map(({ digest, ...row }) => [digest, row]));
    // A change that was heard of meanwhile may be of a token that was read before it.
    if (marks === this.marks) for (const [digest, row] of found) this.hold(digest, row);
    return found;
  }

  private hold(digest: string, row: TokenRow): void {
    if (this.held.size >= MOST_HELD) this.held.delete(this.held.keys().next().value ?? '');
    this.held.set(digest, row);
  }

  /** Another process may set it anew: it is asked for once a second at most, however many calls come. */
  private async administratorDigest(): Promise<string | undefined> {
    const now = this.clock.now();
    if (this.administrator === undefined || Math.abs(now - this.administrator.asked) >= ADMINISTRATOR_KNOWN_MS) {
      const digest = this.database.selectFrom('access_tokens').select('digest').where('token_id', '=', ADMINISTRATOR).executeTakeFirst()
        .then((row) => row?.digest);
      const asking = { asked: now, digest };
      this.administrator = asking;
      digest.catch(() => {
        if (this.administrator === asking) this.administrator = undefined;
      });
    }
    return this.administrator.digest;
  }
}

async function assertWorkspaces(transaction: Executor, workspaces: readonly string[]): Promise<void> {
  if (workspaces.length === 0) return;
  const rows = await transaction.selectFrom('workspaces').select('workspace_id').where('workspace_id', 'in', workspaces).execute();
  const known = new Set(rows.map((row) => row.workspace_id));
  const errors = workspaces.flatMap((workspace, index) => (known.has(workspace) ? [] : [{ field: `workspaces.${index}`, message: 'There is no such workspace.' }]));
  if (errors.length > 0) throw badRequest('unknown_workspace', 'A token cannot be for a workspace that does not exist.', errors);
}

/** With the checksum right; anything else was mistyped or made up. */
function isTokenShaped(bearer: string): boolean {
  const parsed = parseBearerKey(bearer);
  return parsed.valid && parsed.kind === 'access';
}

const ADMINISTRATOR = 'tok_administrator';
const ADMINISTRATOR_KNOWN_MS = 1_000;
const MOST_HELD = 10_000;

const present = (row: TokenRow): AccessToken => ({
  ...row, created_at: row.created_at.toISOString(), expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});
