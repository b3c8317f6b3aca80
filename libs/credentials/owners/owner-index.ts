import { isEmail, type ImportRow } from './import-row.js';
import type { OwnerRow } from './owner-row.js';

type Names = { name?: string | undefined; handle?: string | null | undefined; external_id?: string | null | undefined };

export type Match = { owner: OwnerRow | undefined } | { problem: [code: string, message: string] };

const low = (text: string) => text.toLowerCase();

/** Finds the owner that a line is about, and names that are taken, by what is there and what the lines before made of it. */
export class OwnerIndex {
  private readonly byExternalId = new Map<string, OwnerRow>();
  private readonly byEmail = new Map<string, OwnerRow[]>();
  private readonly byHandle = new Map<string, OwnerRow>();
  private readonly byName = new Map<string, OwnerRow>();
  /** Who has a name now; owners that are only made have none to go by yet. */
  private readonly takenNames = new Map<string, string | null>();

  constructor(owners: readonly OwnerRow[]) {
    for (const owner of owners) {
      if (owner.external_id !== null) this.byExternalId.set(owner.external_id, owner);
      if (owner.handle !== null) this.byHandle.set(low(owner.handle), owner);
      this.byName.set(owner.name, owner);
      const emails = new Set([owner.email, owner.contact].filter((email) => email !== null && isEmail(email)).map((email) => low(email!)));
      for (const email of emails) this.byEmail.set(email, [...this.byEmail.get(email) ?? [], owner]);
      for (const name of namesOf(owner)) this.takenNames.set(name, owner.owner_id);
    }
  }

  /** By external id, else by e-mail address, else by handle, else by name; never an owner who is somebody else by a stronger sign. */
  match(row: ImportRow): Match {
    const { external_id, email, handle, name } = row;
    const known = external_id === undefined ? undefined : this.byExternalId.get(external_id);
    if (known !== undefined) return { owner: known };
    const isOther = (owner: OwnerRow) => external_id !== undefined && owner.external_id !== null && owner.external_id !== external_id;
    const mailed = email === undefined ? [] : this.byEmail.get(low(email)) ?? [];
    if (mailed.length > 0) {
      // Their own address says more than one at which somebody else answers for them.
      const own = mailed.filter((owner) => owner.email !== null && low(owner.email) === low(email!));
      const [owner, ...more] = own.length > 0 ? own : mailed;
      if (more.length > 0) return { problem: ['ambiguous', 'several owners have this e-mail address'] };
      if (owner !== undefined && isOther(owner)) return { problem: ['other_external_id', 'the owner with this e-mail address has another external_id'] };
      return { owner };
    }
    const handled = handle === undefined ? undefined : this.byHandle.get(low(handle));
    if (handled !== undefined) return isOther(handled) ? { problem: ['other_external_id', 'the owner with this handle has another external_id'] } : { owner: handled };
    const named = name === undefined ? undefined : this.byName.get(name);
    if (named === undefined) return { owner: undefined };
    const differs = isOther(named) || (email !== undefined && named.email !== null && low(named.email) !== low(email))
      || (handle !== undefined && named.handle !== null && low(named.handle) !== low(handle));
    return differs ? { problem: ['name_taken', 'the owner with this name has another external_id, e-mail address or handle'] } : { owner: named };
  }

  /** Who `@handle` or an e-mail address of a pattern's line is. */
  named(owner: string): OwnerRow[] {
    if (!owner.startsWith('@')) return this.byEmail.get(low(owner)) ?? [];
    const found = this.byHandle.get(low(owner.slice(1))) ?? this.byName.get(owner.slice(1));
    return found === undefined ? [] : [found];
  }

  /** Which of some names another has. */
  taken(names: Names, ownerId: string | null = null): string | undefined {
    for (const name of namesOf(names)) {
      if (this.takenNames.has(name) && (ownerId === null || this.takenNames.get(name) !== ownerId)) return name.slice(0, name.indexOf(' '));
    }
    return undefined;
  }

  add(names: Names): void {
    for (const name of namesOf(names)) this.takenNames.set(name, null);
  }

  /** What they were called before stays theirs until all is done: lines that swap names are refused. */
  rename(owner: OwnerRow, names: Names): void {
    for (const name of namesOf(names)) this.takenNames.set(name, owner.owner_id);
  }
}

const namesOf = ({ name, handle, external_id }: Names): string[] => [
  ...(name === undefined ? [] : [`name ${name}`]), ...(handle == null ? [] : [`handle ${low(handle)}`]), ...(external_id == null ? [] : [`external_id ${external_id}`]),
];
