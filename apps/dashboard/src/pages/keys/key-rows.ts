interface Aged { created_at: string; rotated_at: string | null; rotation_due_at: string }

/** How much of the time from a key's making to its rotation is gone: 0.5 = half of it. */
export function ageAgainstPolicy({ created_at, rotation_due_at }: Aged, now: number): { share: number; overdue: boolean } {
  const [made, due] = [Date.parse(created_at), Date.parse(rotation_due_at)];
  return { share: due <= made ? 1 : Math.max(0, (now - made) / (due - made)), overdue: due <= now };
}

/** Whether each word of what somebody typed is in the key's name, id, hint, owner or workspace. */
export function fits(key: { name: string; key_id: string; hint: string; service: string; workspace_id: string | null; owner: { name: string } }, words: string): boolean {
  const text = [key.name, key.key_id, key.hint, key.service, key.workspace_id ?? '', key.owner.name].join(' ').toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
