import type { CredentialKind, RequestLog } from '@keytrail/contracts';
import type { LineProblem } from './line-problem.js';
import type { Redactor } from './redact.js';

/** A request log as it is stored: `RequestLog` with times in epoch milliseconds, and where it came from. */
export interface RequestLogRow extends Omit<RequestLog, 'time'> {
  time: number;
  /** What rules want to know of it beside its fields, as `name:value` (see `signsOf`). */
  signs: readonly string[];
  /** Kafka topic; empty for other sources. */
  topic: string;
  /** Kafka partition and offset; -1 for other sources. */
  partition: number;
  offset: number;
  /** When the line was received, as the context says: the broker's timestamp for Kafka, so that a replay gives the same row. */
  ingested_at: number;
}

/** What the registry knows of a key. */
export interface RegisteredKey {
  /** Null for a key of the account, which tells nothing of a line's workspace. */
  workspace_id: string | null;
  kind: CredentialKind;
}

/** Everything about a line that the line itself does not say. The same line and context always give the same row. */
export interface NormaliseContext {
  /** Workspace of lines that name none and whose key is not registered; empty = such lines are refused. */
  defaultWorkspace: string;
  /** Whether rows of this workspace may be stored from here: it exists and the sender may write to it. Absent = all may. */
  acceptsWorkspace?(workspaceId: string): boolean;
  redactor: Redactor;
  /** ISO 3166-1 alpha-2, or empty. */
  countryOf(address: string): string;
  source: string;
  topic?: string;
  partition?: number;
  offset?: number;
  /** Epoch milliseconds. */
  receivedAt: number;
  resolveKey(fingerprint: string): (RegisteredKey & { key_id: string }) | undefined;
  lookupKey(keyId: string): RegisteredKey | undefined;
}

export type NormalisedLine =
  | { row: RequestLogRow; problem?: undefined }
  | { row?: undefined; problem: LineProblem };
