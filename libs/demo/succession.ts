import type { ApiKey, RequestLogLine } from '@keytrail/contracts';

/** What the gateways and the callers of a key know of it. Times are epoch milliseconds. */
export interface KeyLife {
  keyId: string;
  revokedAt: number | null;
  /** `since`: when its owner could first know of it. */
  successor: { keyId: string; since: number } | null;
}

/** A deploy takes a while, and callers restart one after the other. */
export const firstCallerMovesAfterMs = 30_000;
export const nextCallerMovesAfterMs = 15_000;

export const newLife = (keyId: string): KeyLife => ({ keyId, revokedAt: null, successor: null });

/** The life of a key after the registry was asked about it. */
export function observe(life: KeyLife, key: Pick<ApiKey, 'state' | 'revoked_at' | 'replaced_by'>, now: number): KeyLife {
  const revokedAt = life.revokedAt ?? (key.revoked_at === null ? null : Date.parse(key.revoked_at));
  const successor = life.successor ?? (key.replaced_by === null ? null : { keyId: key.replaced_by, since: now });
  return { ...life, revokedAt, successor };
}

/** When the legitimate caller at this place in the list starts to use the successor. */
export function movesAt(life: KeyLife, caller: number): number {
  return life.successor === null ? Infinity : life.successor.since + firstCallerMovesAfterMs + caller * nextCallerMovesAfterMs;
}

function refused(line: RequestLogLine): RequestLogLine {
  return { ...line, status: 401, refusal_reason: 'revoked', latency_ms: 2, bytes_out: 160 };
}

/** How a request of the key turns out, given its life: moved to the successor, refused, or as it was. */
export function settle(line: RequestLogLine, life: KeyLife, callers: readonly string[]): RequestLogLine {
  if (line.key_id !== life.keyId) return line;
  const at = typeof line.time === 'number' ? line.time : Date.parse(line.time);
  const caller = callers.indexOf(line.address ?? '');
  if (caller >= 0 && life.successor !== null && at >= movesAt(life, caller)) return { ...line, key_id: life.successor.keyId };
  return life.revokedAt !== null && at >= life.revokedAt ? refused(line) : line;
}
