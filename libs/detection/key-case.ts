import type { DirectoryEntry } from '@keytrail/credentials';
import type { Observed } from './habits.js';
import type { KeyName } from './key-name.js';
import type { KnownFinding } from './merge-finding.js';
import { principalOf } from './of-activity.js';
import type { Suspicion } from './rules/index.js';
import type { CallerActivity, KeyFacts, KeyInput } from './types.js';
import type { WatchedMinutes } from './watch.js';

/** A key and what it did since the last tick. */
export interface KeyCase extends KeyName {
  /** From the registry; undefined for keys it does not hold. */
  registered: DirectoryEntry | undefined;
  facts: KeyFacts | undefined;
  /** What it did beside what it usually does. */
  observed: Observed;
  watched: WatchedMinutes;
  activity: readonly CallerActivity[];
}

/** What was found about a key before. */
export interface KeyPast {
  /** Findings that may go on at a moment. */
  goingOn(from: number): Promise<readonly KnownFinding[]>;
  /** What lies between two moments, if only in part. */
  suspicions(from: number, to: number): Promise<readonly (Suspicion & { rule_id: string })[]>;
}

/** What most rules about a key are asked with. */
export const inputOf = ({ workspace_id, key_id, facts }: Pick<KeyCase, 'workspace_id' | 'key_id' | 'facts'>, activity: readonly CallerActivity[]): KeyInput => ({
  workspace_id, key_id, key: facts, activity, principal: principalOf(activity),
});
