import { findStory, hasGrown, mergeFinding, type KnownFinding } from './merge-finding.js';
import type { FindingDraft } from './types.js';

export interface FindingChanges {
  added: FindingDraft[];
  /** Stored findings as they are now. */
  extended: KnownFinding[];
}

/** Findings made in one step of detection, not stored yet: what a later slice of the step goes on with. */
export class StepFindings {
  private readonly bySubject = new Map<string, KnownFinding[]>();
  private readonly stored = new Map<string, KnownFinding>();
  private readonly added = new Map<string, FindingDraft>();

  /** Findings about a key ('' = about callers) that may go on; `load` reads the stored ones, once a step. */
  async goingOn(workspace: string, keyId: string, load: () => Promise<KnownFinding[]>): Promise<readonly KnownFinding[]> {
    const subject = subjectOf(workspace, keyId);
    const known = this.bySubject.get(subject);
    if (known !== undefined) return known;
    const loaded = await load();
    for (const finding of loaded) this.stored.set(finding.finding_id, finding);
    this.bySubject.set(subject, loaded);
    return loaded;
  }

  /** Extends the story a draft goes on with, or begins one. `goingOn` was asked for its subject before. */
  take(draft: FindingDraft): void {
    const subject = subjectOf(draft.workspace_id, draft.key_id);
    const known = this.bySubject.get(subject) ?? [];
    const story = findStory(draft, known);
    if (story === undefined) {
      const finding_id = `new ${this.added.size}`;
      this.added.set(finding_id, draft);
      this.bySubject.set(subject, [{ ...draft, finding_id }, ...known]);
      return;
    }
    const grown = mergeFinding(story, draft);
    this.bySubject.set(subject, known.map((finding) => (finding === story ? grown : finding)));
    const begun = this.added.get(story.finding_id);
    if (begun !== undefined) this.added.set(story.finding_id, { ...begun, ...grown });
  }

  changes(): FindingChanges {
    const now = [...this.bySubject.values()].flat();
    return {
      added: [...this.added.values()],
      extended: now.filter((finding) => {
        const before = this.stored.get(finding.finding_id);
        return before !== undefined && hasGrown(before, finding);
      }),
    };
  }
}

const subjectOf = (workspace: string, keyId: string) => `${workspace} ${keyId}`;
