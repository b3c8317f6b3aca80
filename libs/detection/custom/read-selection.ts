import ipaddr from 'ipaddr.js';
import { readCondition } from './condition.js';
import { FIELD_NAMES, fieldOf, type Field } from './fields.js';
import type { Operator, Search, SearchValue, Selection, Test } from './rule.js';
import { refuse } from './sigma-error.js';

const OPERATORS: readonly Operator[] = ['contains', 'startswith', 'endswith', 're', 'cidr', 'lt', 'lte', 'gt', 'gte', 'exists'];
const SUPPORTED = [...OPERATORS, 'all', 'cased'].join(', ');
const OF_NUMBERS: readonly Operator[] = ['is', 'lt', 'lte', 'gt', 'gte', 'exists'];
const MOST_VALUES = 500;
const LONGEST_VALUE = 1_000;

type Plain = Record<string, unknown>;
export const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The `detection` of a rule. Throws `SigmaError` that names what is not supported. */
export function readSelection(detection: unknown): Selection {
  if (!isPlain(detection)) return refuse('detection', 'must hold searches and a condition');
  const { condition, ...named } = detection;
  if ('timeframe' in named) refuse('detection.timeframe', 'is not supported; write a correlation with a timespan');
  const searches = new Map(Object.entries(named).map(([name, search]) => [name, readSearch(`detection.${name}`, search)]));
  if (searches.size === 0) refuse('detection', 'holds no search');
  if (typeof condition !== 'string') return refuse('detection.condition', Array.isArray(condition) ? 'several conditions are not supported' : 'is missing');
  return { searches, condition: readCondition(condition, [...searches.keys()]) };
}

function readSearch(where: string, search: unknown): Search {
  if (isPlain(search)) return [readTests(where, search)];
  if (!Array.isArray(search)) return refuse(where, 'must be fields with values');
  if (search.length === 0) refuse(where, 'is empty');
  return search.map((item: unknown) => (isPlain(item) ? readTests(where, item) : refuse(where, 'keywords without a field are not supported')));
}

function readTests(where: string, fields: Plain): Test[] {
  const tests = Object.entries(fields).map(([name, value]) => readTest(`${where}.${name}`, name, value));
  return tests.length === 0 ? refuse(where, 'is empty') : tests;
}

function readTest(where: string, name: string, value: unknown): Test {
  const [fieldName, ...modifiers] = name.split('|') as [string, ...string[]];
  const field = fieldOf(fieldName) ?? refuse(where, `there is no field ${fieldName}; there are ${FIELD_NAMES.join(', ')}`);
  const unknown = modifiers.find((one) => !SUPPORTED.split(', ').includes(one));
  if (unknown !== undefined) refuse(where, `the modifier ${unknown} is not supported; there are ${SUPPORTED}`);
  const operators = modifiers.filter((one): one is Operator => (OPERATORS as readonly string[]).includes(one));
  if (operators.length > 1) refuse(where, `the modifiers ${operators.join(' and ')} do not go together`);
  const operator = operators[0] ?? 'is';
  const given: unknown[] = Array.isArray(value) ? value : [value];
  if (given.length === 0) refuse(where, 'has no value');
  if (given.length > MOST_VALUES) refuse(where, `has more than ${MOST_VALUES} values`);
  if (operator === 'exists') {
    if (typeof value !== 'boolean') refuse(where, 'exists takes true or false');
    return { field: fieldName, operator, values: [], all: false, cased: false, expected: value as boolean };
  }
  if (field.kind === 'number' && !OF_NUMBERS.includes(operator)) refuse(where, `${operator} is for text, and ${fieldName} is a number`);
  return {
    field: fieldName, operator, values: given.map((one) => readValue(where, field, operator, one)), all: modifiers.includes('all'), cased: modifiers.includes('cased'), expected: true,
  };
}

function readValue(where: string, field: Field, operator: Operator, value: unknown): SearchValue {
  if (value === null) return operator === 'is' ? null : refuse(where, `${operator} takes a value`);
  if (field.kind === 'number' || ['lt', 'lte', 'gt', 'gte'].includes(operator)) {
    if (field.kind !== 'number') refuse(where, `${operator} is for numbers`);
    return typeof value === 'number' && Number.isFinite(value) ? value : refuse(where, 'takes a number');
  }
  if (typeof value !== 'string' && typeof value !== 'number') return refuse(where, 'takes text or a number');
  const text = String(value);
  if (text.length > LONGEST_VALUE) refuse(where, `a value is longer than ${LONGEST_VALUE} characters`);
  if (operator === 'cidr' && !ipaddr.isValidCIDR(text)) refuse(where, `${text} is no network such as 198.51.100.0/24`);
  return text;
}
