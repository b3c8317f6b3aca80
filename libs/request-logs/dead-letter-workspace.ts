import { isObject, type JsonObject } from './formats/mapped-line.js';
import { bareCredential } from './presented-key.js';
import type { RawLine } from './raw-line.js';
import type { NormaliseContext } from './row.js';

export interface LetterContext extends Pick<NormaliseContext, 'acceptsWorkspace' | 'lookupKey' | 'resolveKey' | 'redactor'> {
  /** The workspace the sender says, or its only one; empty when it may write to several and says none. */
  senderWorkspace: string;
}

/** As much as a dead letter shows comes from this. */
const WINDOW_BYTES = 65_536;
const NAMED = /"(workspace|key_id)"\s{0,64}:\s{0,64}(?:"([^"\\]{1,256})")?/g;

/**
 * Whose a line is that could not be stored: the workspace it names or its key belongs to, else its sender's. Empty, so that only callers
 * of the whole account see it, where that cannot be told, is several, or is none that the sender may write to.
 */
export function workspaceOfLetter({ raw, value }: Pick<RawLine, 'raw' | 'value'>, context: LetterContext): string {
  const named = value === undefined ? namedOrOfKeys(workspacesInText(raw, context)) : workspacesInValue(value, context);
  if (named.size === 0) return context.senderWorkspace;
  const [workspace, ...others] = named;
  return workspace !== undefined && others.length === 0 && context.acceptsWorkspace?.(workspace) !== false ? workspace : '';
}

/**
 * Whose a letter of a message of many lines is: its sender's, unless a line of what is shown names another; then nobody's, for the others
 * may be anybody's.
 */
export function workspaceOfMessage({ raw }: Pick<RawLine, 'raw'>, context: LetterContext): string {
  const { named, ofKeys } = workspacesInText(raw, context);
  return [...named, ...ofKeys].every((workspace) => workspace === context.senderWorkspace) ? context.senderWorkspace : '';
}

function workspacesInValue(value: unknown, context: LetterContext): Set<string> {
  const list = isObject(value) && Array.isArray(value['Records']) ? value['Records'] : value;
  const found = new Set<string>();
  for (const item of Array.isArray(list) ? (list as unknown[]) : [list]) {
    found.add(isObject(item) ? (workspaceOfItem(item, context) ?? context.senderWorkspace) : context.senderWorkspace);
  }
  return found;
}

function workspaceOfItem(item: JsonObject, { lookupKey, resolveKey, redactor }: LetterContext): string | undefined {
  // One that is no text is named, though nobody can tell which.
  if (item['workspace'] !== undefined) return typeof item['workspace'] === 'string' ? item['workspace'] : '';
  for (const id of keyIdsOf(item)) {
    const key = typeof id === 'string' ? lookupKey(id) : undefined;
    if (key !== undefined) return key.workspace_id ?? undefined;
  }
  const presented = typeof item['key'] === 'string' ? bareCredential(item['key']) : '';
  return presented === '' ? undefined : resolveKey(redactor.fingerprint(presented))?.workspace_id ?? undefined;
}

/** Where the formats name the key, as far as that needs no reading of the whole line. */
const keyIdsOf = (item: JsonObject): unknown[] => [
  item['key_id'], fieldOf(item['authenticated_entity'], 'id'), fieldOf(item['userIdentity'], 'accessKeyId'), item['apiKeyId'], fieldOf(item['identity'], 'apiKeyId'),
  fieldOf(fieldOf(item['api'], 'token'), 'uid'), fieldOf(fieldOf(item['actor'], 'user'), 'credential_uid'),
];

const fieldOf = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

const namedOrOfKeys = ({ named, ofKeys }: { named: Set<string>; ofKeys: Set<string> }): Set<string> => (named.size > 0 ? named : ofKeys);

function workspacesInText(raw: Buffer, { lookupKey }: LetterContext): { named: Set<string>; ofKeys: Set<string> } {
  const text = raw.toString('utf8', 0, Math.min(raw.length, WINDOW_BYTES));
  const named = new Set<string>();
  const ofKeys = new Set<string>();
  for (const [, field, value] of text.matchAll(NAMED)) {
    if (field === 'workspace') named.add(value ?? '');
    else if (value !== undefined) {
      const workspace = lookupKey(value)?.workspace_id;
      if (workspace) ofKeys.add(workspace);
    }
  }
  return { named, ofKeys };
}
