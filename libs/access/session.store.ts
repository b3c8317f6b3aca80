import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql, type Insertable } from 'kysely';
import type { OpenSession, Role } from '@keytrail/contracts';
import { AuditTrail } from '@keytrail/audit-trail';
import { AppError, Clock, Secrets, WorkspaceScope, newId, notFound, type Actor, type Caller } from '@keytrail/platform';
import { Database, type Executor, type SessionTable } from '@keytrail/postgres';
import { IdentityProvider, type SignedInPerson } from './oidc/identity-provider.service.js';

/** Who a session stands for: of its token, or else its own. */
const PERSON = [
  'sessions.token_id', 'sessions.subject', sql<string>`coalesce(access_tokens.name, sessions.name)`.as('name'), sql<Role>`coalesce(access_tokens.role, sessions.role)`.as('role'),
  sql<string[] | null>`CASE WHEN sessions.subject IS NULL THEN access_tokens.workspaces ELSE sessions.workspaces END`.as('workspaces'),
] as const;

/** A working day. */
const LONGEST_MS = 12 * 60 * 60_000;
const LONGEST_AGENT = 300;
const TOKEN_ACTOR = /^token:(.+)$/;
/** Machines have nothing to look at. */
const MACHINES: ReadonlySet<Role> = new Set(['ingest', 'gateway', 'scanner']);

/** `seconds`: until it expires. */
export interface NewSession { secret: string; session_id: string; expires_at: Date; seconds: number }

interface Opening {
  userAgent: string;
  until: Date | null;
  stands: Partial<Insertable<SessionTable>>;
  detail: Record<string, unknown>;
}

/**
 * Sessions of people in browsers. Each stands for an access token: what ends the token, or puts another in its place, ends its sessions. Or for somebody whom the
 * identity provider vouched for: other settings of who may do what end those.
 */
@Injectable()
export class SessionStore {
  constructor(
    private readonly database: Database, private readonly secrets: Secrets, private readonly clock: Clock, private readonly auditTrail: AuditTrail,
    private readonly provider: IdentityProvider,
  ) {}

  /** Opens a session for a caller with an access token. The secret goes into the cookie and nowhere else. */
  async open(caller: Caller, userAgent: string): Promise<NewSession> {
    const tokenId = TOKEN_ACTOR.exec(caller.actor)?.[1];
    if (tokenId === undefined || caller.session !== undefined) {
      throw new AppError({ code: 'session_needs_token', status: 403, message: 'Only an access token opens a session.' });
    }
    if (MACHINES.has(caller.role)) {
      throw new AppError({ code: 'role_has_no_pages', status: 403, message: `The role ${caller.role} is for machines. Sign in with the token of a viewer, a responder or an administrator.` });
    }
    return this.database.transaction().execute(async (transaction) => {
      const token = await transaction.selectFrom('access_tokens').select(['digest', 'expires_at']).where('token_id', '=', tokenId)
        .where('revoked_at', 'is', null).forShare().executeTakeFirst();
      if (token === undefined) throw notFound('access token');
      return this.keep(transaction, caller, { userAgent, until: token.expires_at, stands: { token_id: tokenId, token_digest: token.digest }, detail: { token_id: tokenId } });
    });
  }

  /** Opens a session for somebody whom the identity provider vouches for. */
  async openFor({ subject, name, role, workspaces }: SignedInPerson, from: Pick<Actor, 'address' | 'request_id'>, userAgent: string): Promise<NewSession> {
    const stands = { subject, name, role, workspaces: workspaces === null ? null : JSON.stringify(workspaces), settings_digest: this.provider.settingsDigest };
    return this.database.transaction().execute((transaction) =>
      this.keep(transaction, { ...from, actor: actorOf(null, subject) }, { userAgent, until: null, stands, detail: { subject, name, role, workspaces } }));
  }

  /** Who a cookie's secret stands for, as of now; undefined when the session or its token has ended. */
  async find(secret: string): Promise<Omit<Caller, keyof Actor> & { actor: string } | undefined> {
    const row = await this.live(this.database).select(['sessions.session_id', 'sessions.expires_at', ...PERSON])
      .where('sessions.digest', '=', this.digest(secret)).executeTakeFirst();
    if (row === undefined) return undefined;
    const { session_id, expires_at, token_id, subject, name, role, workspaces } = row;
    return { actor: actorOf(token_id, subject), name, role, scope: WorkspaceScope.of(workspaces), session: { session_id, expires_at } };
  }

  /** Open sessions of whoever reaches no further than the caller, latest first. */
  async list(caller: Caller): Promise<OpenSession[]> {
    const rows = await this.live(this.database)
      .select(['session_id', ...PERSON, 'address', 'user_agent', 'sessions.created_at', 'sessions.expires_at'])
      .orderBy('session_id', 'desc').execute();
    return rows.filter(({ workspaces }) => caller.scope.contains(workspaces)).map(({ workspaces: _, created_at, expires_at, ...row }) => ({
      ...row, created_at: created_at.toISOString(), expires_at: expires_at.toISOString(),
    }));
  }

  /** Ends a session, now or before. A caller ends its own, and those of tokens that reach no further. */
  async end(caller: Caller, sessionId: string): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      const row = await transaction.selectFrom('sessions').leftJoin('access_tokens', 'access_tokens.token_id', 'sessions.token_id')
        .select([...PERSON, 'ended_at']).where('session_id', '=', sessionId).executeTakeFirst();
      if (row === undefined || !(caller.session?.session_id === sessionId || caller.scope.contains(row.workspaces))) throw notFound('session');
      if (row.ended_at !== null) return;
      await transaction.updateTable('sessions').set({ ended_at: this.clock.date() }).where('session_id', '=', sessionId).execute();
      await this.auditTrail.record(transaction, caller, {
        action: 'session.ended', object_type: 'session', object_id: sessionId, workspace_id: null, detail: row.token_id === null ? { subject: row.subject } : { token_id: row.token_id },
      });
    });
  }

  /** `stands`: for a token, or for a person; `until`: it lasts no longer than this. */
  private async keep(transaction: Executor, actor: Actor, { userAgent, until, stands, detail }: Opening): Promise<NewSession> {
    const now = this.clock.date();
    const secret = randomBytes(32).toString('base64url');
    const session_id = newId('ses');
    const expires_at = new Date(Math.min(now.getTime() + LONGEST_MS, until?.getTime() ?? Infinity));
    await transaction.insertInto('sessions').values({
      ...stands, session_id, digest: this.digest(secret), address: actor.address, user_agent: userAgent.slice(0, LONGEST_AGENT), created_at: now, expires_at,
    }).execute();
    await this.auditTrail.record(transaction, actor, {
      action: 'session.opened', object_type: 'session', object_id: session_id, workspace_id: null, detail: { ...detail, expires_at: expires_at.toISOString() },
    });
    return { secret, session_id, expires_at, seconds: Math.max(1, Math.floor((expires_at.getTime() - now.getTime()) / 1000)) };
  }

  private live(executor: Executor) {
    const now = this.clock.date();
    return executor.selectFrom('sessions').leftJoin('access_tokens', (join) => join
      .onRef('access_tokens.token_id', '=', 'sessions.token_id').onRef('access_tokens.digest', '=', 'sessions.token_digest'))
      .where('ended_at', 'is', null).where('sessions.expires_at', '>', now)
      .where(({ eb, or, and }) => or([
        and([
          eb('access_tokens.token_id', 'is not', null), eb('revoked_at', 'is', null),
          or([eb('access_tokens.expires_at', 'is', null), eb('access_tokens.expires_at', '>', now)]),
        ]),
        // Compared with null, nothing is the same.
        and([eb('subject', 'is not', null), eb('settings_digest', '=', this.provider.settingsDigest)]),
      ]));
  }

  private digest(secret: string): string {
    return this.secrets.digest('session-digest', secret);
  }
}

const actorOf = (tokenId: string | null, subject: string | null) => (tokenId === null ? `oidc:${subject}` : `token:${tokenId}`);
