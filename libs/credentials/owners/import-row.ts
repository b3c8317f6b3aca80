import { z } from 'zod';
import { CreateOwner, OwnerStatus, type EscalationContact } from '@keytrail/contracts';

/** More than any directory that somebody looks through before pressing the button. */
export const MOST_ROWS = 20_000;

/** What a line says of an owner. Undefined: it says nothing of it, and what is there stays. */
export interface ImportRow {
  /** From 1; of JSON the number of the user. */
  line: number;
  name?: string | undefined;
  kind?: 'person' | 'team' | undefined;
  contact?: string | undefined;
  email?: string | undefined;
  handle?: string | undefined;
  external_id?: string | undefined;
  status?: OwnerStatus | undefined;
  escalation?: EscalationContact[] | undefined;
}

/** Why a line was left out. Never repeats what it held. */
export interface LineProblem {
  line: number;
  code: string;
  message: string;
}

export interface Note {
  line: number | null;
  message: string;
}

/** What a file was read as. */
export interface ReadRows {
  rows: ImportRow[];
  refused: LineProblem[];
  notes: Note[];
}

const { name, kind, contact, email, handle, external_id, escalation } = CreateOwner.shape;
const Row = z.object({
  name: name.optional(), kind: kind.optional(), contact: contact.optional(), email, handle, external_id, status: OwnerStatus.optional(), escalation,
});

const NAMING = ['external_id', 'email', 'handle', 'name'] as const;

/** Checks what a line holds by the rules that the registry has for owners. */
export function checkedRow(line: number, said: Readonly<Record<string, unknown>>): ImportRow | LineProblem {
  const result = Row.safeParse(said);
  if (!result.success) return { line, code: 'invalid_field', message: result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') };
  if (NAMING.every((field) => result.data[field] === undefined)) return { line, code: 'nobody_named', message: `names nobody: one of ${NAMING.join(', ')} is needed` };
  return { line, ...result.data };
}

export const isProblem = (checked: ImportRow | LineProblem): checked is LineProblem => 'code' in checked;

/** An e-mail address, as a contact or a user name may be one. */
export const isEmail = (value: string): boolean => email.safeParse(value).success;
export const isHandle = (value: string): boolean => handle.safeParse(value).success;
