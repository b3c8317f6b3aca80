import type { Environment, IssuedKind, OwnerStatus, PolicyId, PolicySeverity } from '@keytrail/contracts';

export const DAY_MS = 86_400_000;

/** What policies look at of an active key. */
export interface KeyFacts {
  key_id: string; kind: IssuedKind; name: string; service: string; environment: Environment;
  /** Null for a key of the account. */
  workspace_id: string | null;
  owner: { owner_id: string; name: string; contact: string; status: OwnerStatus; left_at: Date | null };
  created_at: Date; expires_at: Date | null; rotation_due_at: Date;
  /** When the active key was issued that is to take its place; null = there is none. */
  successor_at: Date | null;
  /** The latest request; null = none was seen, undefined = the request logs could not be asked. */
  last_used_at: Date | null | undefined;
}

/** How a key violates a policy. The summary holds no ages, so that it changes only when the violation does. */
export interface Violated {
  severity: PolicySeverity;
  /** When it began; null = nobody knows, so it counts from when it was found. */
  since: Date | null;
  due_at: Date | null;
  summary: string;
}

/** `unknown`: what is needed to tell could not be asked; whatever was found before stands. */
export type Judgement = Violated | 'kept' | 'unknown';

/** One policy for keys: a plain decision about a key that is active at `now`. */
export interface Policy {
  id: PolicyId;
  title: string;
  why: string;
  judge(key: KeyFacts, now: Date): Judgement;
}

/** The day, as summaries name it. */
export const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
