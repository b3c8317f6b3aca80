import { CredentialKind, Outcome } from '@keytrail/contracts';
import { normaliseAddress } from '../address.js';
import { isSecretLooking } from '../presented-key.js';
import { isFreeOfSecrets, isIdFreeOfSecrets, isNameFreeOfSecrets } from '../redact.js';
import { FINGERPRINT } from '../secret-shapes.js';
import { isMethod } from './quick-check.js';
import { ValueMemory } from './value-memory.js';

/** What of a line stands where in `PlainLineReader.texts`. */
export const TEXT = {
  workspace: 0, key_id: 1, credential_kind: 2, principal: 3, outcome: 4, refusal_reason: 5, method: 6, route: 7, address: 8, user_agent: 9, tenant: 10, environment: 11, gateway_node: 12,
  request_id: 13, path: 14,
} as const;
export const NUMBER = { status: 0, latency_ms: 1, bytes_in: 2, bytes_out: 3 } as const;

interface FieldPlace {
  /** Among all fields, from 0. */
  index: number;
  place: number;
}

export interface TextField extends FieldPlace {
  kind: 'text';
  /** Of fields whose values come again and again. */
  memory: ValueMemory | undefined;
  /** Whether the contract allows the text and it is stored as it is. It is not empty, and printable ASCII. */
  isPlain(text: string): boolean;
}

export interface NumberField extends FieldPlace {
  kind: 'number';
  /** Of a number from 0 on. */
  isPlain(value: number): boolean;
}

export interface TimeField extends FieldPlace {
  kind: 'time';
}

export type PlainField = TextField | NumberField | TimeField;

const KINDS = new Set<string>(CredentialKind.options);
const OUTCOMES = new Set<string>(Outcome.options);

const texts: Record<keyof typeof TEXT, TextField['isPlain']> = {
  workspace: (text) => text.length <= 64 && !text.includes(' ') && isNameFreeOfSecrets(text),
  // As `identifyKey` takes an id for one.
  key_id: (text) => text.length <= 256 && !text.includes(' ') && !FINGERPRINT.test(text) && !isSecretLooking(text) && isNameFreeOfSecrets(text),
  credential_kind: (text) => KINDS.has(text),
  principal: (text) => text.length <= 512 && isNameFreeOfSecrets(text),
  outcome: (text) => OUTCOMES.has(text),
  // `tenant_mismatch` is a sign.
  refusal_reason: (text) => text.length <= 128 && text !== 'tenant_mismatch' && isFreeOfSecrets(text),
  method: (text) => text.length < 12 && isMethod(text),
  route: (text) => text.length <= 512 && isFreeOfSecrets(text),
  address: (text) => text.length <= 255 && normaliseAddress(text) === text,
  user_agent: (text) => text.length <= 512 && isFreeOfSecrets(text),
  tenant: (text) => text.length <= 256 && isNameFreeOfSecrets(text),
  environment: (text) => text.length <= 64 && isNameFreeOfSecrets(text),
  gateway_node: (text) => text.length <= 256 && isNameFreeOfSecrets(text),
  request_id: (text) => text.length <= 128 && !text.includes(' ') && isIdFreeOfSecrets(text),
  // What percent signs hide is looked into elsewhere, and a key in a path says whose call it was.
  path: (text) => text.length <= 2048 && !text.includes('%') && isFreeOfSecrets(text),
};
/** Seldom the same twice. */
const UNIQUE = new Set<string>(['request_id', 'path']);

const numbers: Record<keyof typeof NUMBER, NumberField['isPlain']> = {
  status: (value) => Number.isInteger(value) && value >= 100 && value <= 599,
  latency_ms: (value) => value <= 86_400_000,
  bytes_in: Number.isSafeInteger,
  bytes_out: Number.isSafeInteger,
};

/** Fields of a plain line by name. Lines with others (a key, headers, attributes, what pages send, what the contract does not know) are not plain. */
export const plainFields = (): Map<string, PlainField> => {
  const fields: [string, PlainField][] = [];
  for (const [name, isPlain] of Object.entries(texts)) {
    fields.push([name, { kind: 'text', index: fields.length, place: TEXT[name as keyof typeof TEXT], memory: UNIQUE.has(name) ? undefined : new ValueMemory(), isPlain }]);
  }
  for (const [name, isPlain] of Object.entries(numbers)) fields.push([name, { kind: 'number', index: fields.length, place: NUMBER[name as keyof typeof NUMBER], isPlain }]);
  fields.push(['time', { kind: 'time', index: fields.length, place: 0 }]);
  return new Map(fields);
};
