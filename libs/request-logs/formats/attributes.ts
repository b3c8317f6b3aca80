import { cutText } from '../clean-text.js';
import { isNamedSecret, isTellingName } from '../secret-names.js';
import { isAbsent } from './fields.js';
import { isObject, type JsonObject } from './mapped-line.js';
import { plainName } from './plain-name.js';

export type AttributeValue = string | number | boolean;
export type Attributes = Record<string, AttributeValue>;

/** A row keeps 32; one place stays for what is read from the headers. */
const MOST = 31;
const LONGEST_NAME = 64;
/** As much as the contract allows. What is stored is shorter still, but is cut after it was redacted. */
const LONGEST_VALUE = 4096;
const DEEPEST = 4;
/** Pairs and sentences, which could hold anything. */
const NO_NAME = /[\s="'{}]/;
/** So many fields are looked at: a record may have any number of them. */
const MOST_FIELDS = 256;

/** A value inside a record, with the names that lead to it. */
export interface Leaf {
  path: string[];
  value: unknown;
}

/** Names under which a list holds the names of its entries: `{ name: 'x-api-key', value }`, and their values. */
const NAME_FIELD = /^(?:name|key|header|field|param(?:eter)?|k|n)$/i;
const VALUE_FIELD = /^(?:values?|val|v|content|[a-z]{3,8}_?value)$/i;
const NONE: ReadonlySet<string> = new Set();

/** The fields of an entry of such a list that hold a secret by what its name field says. */
function secretValuesIn(from: object): ReadonlySet<string> {
  const fields = Object.entries(from) as [string, unknown][];
  const values = fields.filter(([name]) => VALUE_FIELD.test(name));
  if (values.length === 0) return NONE;
  const names = fields.filter(([name, value]) => NAME_FIELD.test(name) && typeof value === 'string').map(([, value]) => value as string);
  return new Set(values.filter(([, value]) => names.some((name) => isNamedSecret(plainName(name), typeof value === 'object' ? JSON.stringify(value) : String(value))
    || isTellingName(name.slice(0, 256)))).map(([name]) => name));
}

/** The values of an object and of the objects in it, in order: the first 256, four levels deep. A list without objects is one value. */
export function leavesOf(object: JsonObject): Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (from: object, path: readonly string[]): void => {
    const values = secretValuesIn(from);
    for (const [name, value] of Object.entries(from) as [string, unknown][]) {
      if (leaves.length >= MOST_FIELDS) return;
      if (name === '__proto__' || values.has(name)) continue;
      const here = [...path, name];
      if (!isObject(value) && !(Array.isArray(value) && value.some((item) => typeof item === 'object'))) leaves.push({ path: here, value });
      else if (here.length < DEEPEST) visit(value, here);
    }
  };
  visit(object, []);
  return leaves;
}

/**
 * `attributes`, and after them what no field of the contract takes, flattened (`upstream.host`) while there is room. A name that is taken
 * stays. Nothing is kept from inside an object whose name tells of a secret (`token: { value }`): by its own name it could not be told
 * for one.
 */
export function withOthers(attributes: Record<string, AttributeValue | undefined> | undefined, others: readonly Leaf[]): Attributes | undefined {
  const all: Attributes = {};
  for (const [name, value] of Object.entries(attributes ?? {})) if (value !== undefined) all[name] = value;
  let room = MOST - Object.keys(all).length;
  for (const { path, value } of others) {
    if (room <= 0) break;
    const text = valueOf(value);
    if (text === undefined) continue;
    const name = cutText(path.join('.'), LONGEST_NAME);
    if (Object.hasOwn(all, name) || name === '__proto__' || NO_NAME.test(name)) continue;
    if (!isTellingName(name) && path.some((part) => isTellingName(part) || isTellingName(plainName(part)))) continue;
    if (typeof text === 'string' && path.slice(0, -1).some((part) => isNamedSecret(plainName(part), text))) continue;
    all[name] = text;
    room -= 1;
  }
  return Object.keys(all).length === 0 ? undefined : all;
}

function valueOf(value: unknown): AttributeValue | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  const text = typeof value === 'string' ? value : Array.isArray(value) ? value.filter((item) => !isAbsent(item)).map(String).join(', ') : '';
  return text === '' ? undefined : cutText(text, LONGEST_VALUE);
}
