import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { RequestLogFormat } from '@keytrail/contracts';
import { DEFAULT_WORKSPACE, KeyDirectory, Registry, type DirectoryEntry } from '@keytrail/credentials';
import { Metrics, Secrets, type WorkspaceScope } from '@keytrail/platform';
import { CountryLookup } from './country-lookup.js';
import { describeDeadLetter } from './dead-letter.js';
import { originOf } from './dead-letter-origin.js';
import { workspaceOfLetter, workspaceOfMessage } from './dead-letter-workspace.js';
import type { NewDeadLetter } from './dead-letter.store.js';
import type { GatheredRows } from './gathered-rows.js';
import { createRedactor, type Redactor } from './redact.js';
import type { RawLine } from './raw-line.js';
import { takeIn, type IntakeContext } from './take-in.js';
import type { RefusedLine, RefusedMessage, TakenIn } from './taken-in.js';

export interface Origin {
  /** `http` or `kafka`; the label of counts, too. */
  source: string;
  /** Workspaces the sender may write to. */
  scope: WorkspaceScope;
  format: RequestLogFormat;
  /** Workspace of lines that name none. */
  workspace?: string | undefined;
  /**
   * For lines that are read again: what was registered later is not known, so that they come out as they did the first time. Absent: all is.
   */
  asOf?: Date | undefined;
}

/** What a line is taken in with, and as what. */
export interface LetterIntake extends IntakeContext {
  format: RequestLogFormat;
}

const LETTERS_A_TURN = 200;

/** Turns bytes into rows and dead letters, with what the registry knows. */
@Injectable()
export class RequestLogIntake {
  readonly redactor: Redactor;

  constructor(
    private readonly directory: KeyDirectory, private readonly registry: Registry, private readonly countries: CountryLookup,
    private readonly metrics: Metrics, secrets: Secrets,
  ) {
    this.redactor = createRedactor(secrets.keyFor('fingerprint'));
  }

  /** Reads what changed in the registry; once a batch. */
  async contextFor(origin: Origin): Promise<LetterIntake> {
    await this.directory.refresh();
    const workspaces = await this.registry.workspaceIds(origin.asOf);
    const ofThen = (key: DirectoryEntry | undefined) => (key === undefined || (origin.asOf !== undefined && key.created_at > origin.asOf) ? undefined : key);
    const accepts = (workspace: string) => workspaces.has(workspace) && origin.scope.allows(workspace);
    return {
      source: origin.source,
      format: origin.format,
      defaultWorkspace: senderWorkspace(origin) || (origin.scope.isAll ? DEFAULT_WORKSPACE : ''),
      senderWorkspace: senderWorkspace(origin),
      acceptsWorkspace: accepts,
      redactor: this.redactor,
      countryOf: (address) => this.countries.countryOf(address),
      resolveKey: (fingerprint) => ofThen(this.directory.findByFingerprint(fingerprint)),
      lookupKey: (keyId) => ofThen(this.directory.find(keyId)),
    };
  }

  takeIn(lines: Iterable<RawLine>, context: LetterIntake, rows: GatheredRows): Promise<TakenIn> {
    return takeIn(lines, context.format, context, rows);
  }

  /**
   * The lines and messages with something refused as dead letters: each once, with its first reason, however many requests it held. `positionOf` says
   * where in its source a line stood; one position at one time gives one id, so that a batch taken in again keeps no second letter.
   */
  async deadLetters(taken: TakenIn, context: LetterIntake, positionOf: (line: RawLine) => string): Promise<NewDeadLetter[]> {
    const letters: NewDeadLetter[] = [];
    for (const { from, problem, ...refused } of [...refusedByLine(taken.refused), ...taken.refusedMessages]) {
      // Redacting costs much more than reading: others get their turn in between.
      if (letters.length % LETTERS_A_TURN === LETTERS_A_TURN - 1) await nextTurn();
      const position = positionOf(from);
      const described = describeDeadLetter(from.raw, problem, this.redactor);
      const isMessage = from.line === 0;
      letters.push({
        ...described, ...originOf(from, refused, described.payload, context.format, context),
        // Taken in again, other requests of a message may be refused, and these only may be replayed.
        dead_letter_id: letterId(from, isMessage ? `${position} ${refused.items?.join() ?? ''}` : position),
        workspace_id: isMessage ? workspaceOfMessage(from, context) : workspaceOfLetter(from, context), source: context.source, position,
      });
    }
    return letters;
  }

  /** received = stored + dead-lettered + duplicates, by source. */
  count(source: string, counts: { received: number; stored: number; deadLettered: number; duplicates?: number }): void {
    this.metrics.received.inc({ source }, counts.received);
    this.metrics.stored.inc({ source }, counts.stored);
    this.metrics.deadLettered.inc({ source }, counts.deadLettered);
    this.metrics.duplicates.inc({ source }, counts.duplicates ?? 0);
  }
}

/** The requests of each line, with the first one's reason. */
function refusedByLine(refused: readonly RefusedLine[]): RefusedMessage[] {
  const lines = new Map<RawLine, RefusedLine[]>();
  for (const request of refused) {
    const others = lines.get(request.from);
    if (others === undefined) lines.set(request.from, [request]);
    else others.push(request);
  }
  return [...lines].map(([from, requests]) => {
    const [{ problem, of }] = requests as [RefusedLine];
    return { from, problem, requests: requests.length, items: requests.length === of ? null : requests.map(({ item }) => item) };
  });
}

/** What the sender says, else its only workspace; none for one of several. */
function senderWorkspace(origin: Origin): string {
  if (origin.workspace !== undefined) return origin.workspace;
  const [only, ...others] = origin.scope.ids ?? [];
  return only !== undefined && others.length === 0 ? only : '';
}

/** Sorts by time, as the ids of `newId` do, then by place. */
function letterId({ receivedAt, offset, line }: RawLine, position: string): string {
  const hex = (value: number, digits: number) => Math.trunc(value).toString(16).padStart(digits, '0').slice(-digits);
  return `dl_${hex(receivedAt, 12)}${hex(offset !== undefined && offset >= 0 ? offset : line, 8)}${createHash('sha256').update(position).digest('hex').slice(0, 12)}`;
}
