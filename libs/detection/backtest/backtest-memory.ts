import { LASTING_GAP_MS, type KnownFinding } from '../merge-finding.js';
import { KeyMemories } from '../memory/key-memories.js';
import type { KeyMemory } from '../memory/stored-memory.js';
import type { StepFindings } from '../step-findings.js';
import type { StepMemory } from '../step-judge.service.js';
import type { KeyName } from '../key-name.js';

/** A finding of a backtest; it is stored nowhere. */
export type HypotheticalFinding = KnownFinding & { key_id: string };

/** Some 250 MB of what is remembered of keys. */
const KEYS_IN_MEMORY = 50_000;
const MOST_FINDINGS = 20_000;

/** What a backtest goes on with, in memory and bounded: keys that were not used for longest make room, and begin anew. */
export class BacktestMemory implements StepMemory {
  private readonly keys: KeyMemories;
  private readonly bySubject = new Map<string, HypotheticalFinding[]>();
  private readonly byId = new Map<string, HypotheticalFinding>();
  private step = 1;
  private count = 0;
  /** Keys whose past was given up. */
  forgotten = 0;
  /** Findings that there was no room for. */
  leftOut = 0;

  constructor(keysInMemory = KEYS_IN_MEMORY, private readonly mostFindings = MOST_FINDINGS) {
    this.keys = new KeyMemories(keysInMemory);
  }

  firstSeen(key: KeyName): number | undefined {
    return this.keys.firstSeen(key);
  }

  load(names: readonly KeyName[]): Promise<void> {
    const missing = this.keys.use(names, this.step);
    const before = this.keys.size;
    const leaving = this.keys.crowdedOut(missing.length, this.step);
    this.keys.wrote(leaving);
    this.keys.forget(leaving);
    this.forgotten += before - this.keys.size;
    return Promise.resolve();
  }

  get(key: KeyName): KeyMemory | undefined {
    return this.keys.get(key);
  }

  put(key: KeyName, memory: KeyMemory): void {
    this.keys.put(key, memory, this.step, 0);
  }

  goingOn(workspace: string, keyId: string, from: number): Promise<KnownFinding[]> {
    const known = this.bySubject.get(subjectOf(workspace, keyId)) ?? [];
    return Promise.resolve(known.filter(({ last_seen }) => last_seen >= from - LASTING_GAP_MS).map((finding) => ({ ...finding })));
  }

  between(workspace: string, keyId: string, from: number, to: number): Promise<KnownFinding[]> {
    return Promise.resolve((this.bySubject.get(subjectOf(workspace, keyId)) ?? []).filter(({ first_seen, last_seen }) => last_seen >= from && first_seen <= to));
  }

  /** Takes in what a step found. */
  save(found: StepFindings): void {
    const { added, extended } = found.changes();
    for (const finding of extended) {
      const known = this.byId.get(finding.finding_id);
      if (known !== undefined) Object.assign(known, finding);
    }
    for (const draft of added) {
      if (this.count >= this.mostFindings) {
        this.leftOut += 1;
        continue;
      }
      this.count += 1;
      const subject = subjectOf(draft.workspace_id, draft.key_id);
      const finding = { ...draft, finding_id: String(this.count) };
      this.byId.set(finding.finding_id, finding);
      this.bySubject.set(subject, [...this.bySubject.get(subject) ?? [], finding]);
    }
    this.step += 1;
  }

  /** Findings that reach into a period, in the order that `changesBetween` compares in. */
  since(from: number): HypotheticalFinding[] {
    const order = ({ workspace_id, key_id, rule_id, episode }: HypotheticalFinding) => Buffer.from([workspace_id, key_id, rule_id, episode].join('\0'));
    return [...this.bySubject.values()].flat().filter(({ last_seen }) => last_seen >= from).map((finding) => ({ finding, order: order(finding) }))
      .sort((a, b) => Buffer.compare(a.order, b.order) || a.finding.first_seen - b.finding.first_seen).map(({ finding }) => finding);
  }
}

const subjectOf = (workspace: string, keyId: string) => `${workspace} ${keyId}`;
