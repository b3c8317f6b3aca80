import type { Stored } from './compare.js';
import type { Oracle } from './oracle.js';
import type { HttpSide } from './http-side.js';
import type { Fault, Random } from './plan.js';

/** What a campaign hurts: collectors, and the stores they write to. */
export interface Subject {
  /** The kinds of faults it can be hurt with. */
  readonly faults: readonly Fault[];
  /** Its HTTP interface, where it has one: lines are sent there, too, and a workspace is registered while its lines are refused. */
  readonly http?: HttpSide;
  start(): void;
  /** Lines that are stored or dead-lettered so far, as the ledger counts them. Rejects while a process or a store is away. */
  taken(): Promise<number>;
  /** Hurts it at a random moment; everything is up or starting again when this resolves. Rejects when the fault itself could not be made. */
  hurt(fault: Fault, random: Random): Promise<void>;
  /** Ends the processes in good order. */
  end(): Promise<void>;
  /** What the stores and the dead-letter topic hold; the processes must have ended. */
  read(oracle: Oracle): Promise<Stored>;
  /** For the negative control: makes the stores forget insert tokens. To be called before the start. */
  forgetTokens(): Promise<void>;
  /** The last of what the processes printed. */
  output(): string;
  /** Ends and removes everything. */
  close(): Promise<void>;
}

/** Where a subject reads from. */
export interface Feed {
  brokers: string[];
  topic: string;
  /** Restarts the broker in good order. */
  restartBroker(): Promise<void>;
}

export const SESSION_TIMEOUT_MS = 2_000;
/** A fault comes at a random moment within this: several batches are stored in the time. */
export const MOMENT_MS = 1_000;

export const letterTopicOf = (topic: string): string => `${topic}-letters`;

/** Settings of every subject. */
export const settingsOf = ({ brokers, topic }: Feed): Record<string, string> => ({
  KEYTRAIL_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topic,
  KEYTRAIL_KAFKA_GROUP: `group-of-${topic}`, KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: letterTopicOf(topic),
  KEYTRAIL_KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
});

/** Why lines of a workspace are refused that is registered late. */
export const LATE = 'unknown_workspace';
