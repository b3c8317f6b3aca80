import type { Severity } from '@keytrail/contracts';
import { parseAllDocuments } from 'yaml';
import { FIELD_NAMES, fieldOf } from './fields.js';
import { isPlain, readSelection } from './read-selection.js';
import type { Correlation, CustomRule, Selection } from './rule.js';
import { refuse, SigmaError } from './sigma-error.js';

const LONGEST = 64 * 1024;
const KNOWN = [
  'title', 'id', 'name', 'description', 'status', 'author', 'date', 'modified', 'references', 'tags', 'falsepositives', 'license', 'level', 'logsource', 'detection',
  'correlation', 'fields', 'generate',
];
const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_SPAN_MS = UNITS['d']!;

type Document = Record<string, unknown>;

/**
 * The rules of a Sigma file: those with a `detection`, and correlations over those of the same file, which are not told by themselves then.
 * Throws `SigmaError` that says where and names what is not supported.
 */
export function readRules(text: string): CustomRule[] {
  const documents = documentsOf(text);
  const selections = new Map<string, Selection>();
  const told: CustomRule[] = [];
  for (const document of documents.filter((one) => 'detection' in one)) {
    const selection = within(document, () => readSelection(document['detection']));
    const rule = within(document, () => ({ ...headOf(document), selections: [selection], correlation: null }));
    for (const name of [rule.id, document['name']]) if (typeof name === 'string') selections.set(name, selection);
    told.push(rule);
  }
  const counted = new Set<Selection>();
  for (const document of documents.filter((one) => 'correlation' in one)) {
    const rule = within(document, () => correlationRule(document, selections));
    if (document['generate'] !== true) for (const selection of rule.selections) counted.add(selection);
    told.push(rule);
  }
  const rules = told.filter((rule) => rule.correlation !== null || !rule.selections.some((selection) => counted.has(selection)));
  const twice = rules.find((rule, at) => rules.findIndex(({ id }) => id === rule.id) !== at);
  return twice === undefined ? rules : refuse('id', `${twice.id} is given twice`);
}

function documentsOf(text: string): Document[] {
  if (text.length > LONGEST) refuse('rule', `longer than ${LONGEST} characters`);
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents) || documents.length === 0) return refuse('rule', 'is empty');
  return documents.map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) refuse('YAML', problem.message.split('\n')[0]!);
    const value: unknown = read(() => document.toJS({ maxAliasCount: 0 }));
    if (!isPlain(value)) return refuse('rule', 'must be a mapping');
    const strange = Object.keys(value).find((name) => !KNOWN.includes(name));
    if (strange !== undefined) refuse(strange, 'is not supported');
    if (('detection' in value) === ('correlation' in value)) refuse('rule', 'needs either a detection or a correlation');
    return value;
  });
}

function read<T>(one: () => T): T {
  try {
    return one();
  } catch {
    return refuse('YAML', 'aliases are not supported');
  }
}

/** Says of which rule it is. */
function within<T>(document: Document, one: () => T): T {
  try {
    return one();
  } catch (error) {
    if (error instanceof SigmaError && typeof document['title'] === 'string') throw new SigmaError(`${document['title'].slice(0, 80)}: ${error.message}`);
    throw error;
  }
}

function headOf(document: Document): Pick<CustomRule, 'id' | 'title' | 'description' | 'severity'> {
  const { id, title, description = '', level, logsource } = document;
  if (typeof title !== 'string' || title.trim() === '' || title.length > 200) return refuse('title', 'is needed, of at most 200 characters');
  if (typeof id !== 'string' || !/^[a-z0-9][a-z0-9-]{2,56}$/.test(id)) return refuse('id', 'is needed: 3 to 57 lower-case letters, digits and hyphens, such as a UUID');
  if (typeof description !== 'string' || description.length > 4_000) return refuse('description', 'must be text of at most 4000 characters');
  if (!['low', 'medium', 'high', 'critical'].includes(level as string)) return refuse('level', `${String(level)} is not supported; there are low, medium, high and critical`);
  if (logsource !== undefined && (!isPlain(logsource) || Object.entries(logsource).some(([name, value]) => !(name === 'product' && value === 'keytrail') && !(name === 'service' && value === 'request_logs')))) {
    return refuse('logsource', 'only product: keytrail, service: request_logs is supported');
  }
  return { id, title, description, severity: level as Severity };
}

function correlationRule(document: Document, selections: ReadonlyMap<string, Selection>): CustomRule {
  const { correlation } = document;
  if (!isPlain(correlation)) return refuse('correlation', 'must be a mapping');
  const { type, rules, 'group-by': groupBy = [], timespan, condition, ...others } = correlation;
  const strange = Object.keys(others)[0];
  if (strange !== undefined) refuse(`correlation.${strange}`, 'is not supported');
  if (type !== 'event_count' && type !== 'value_count') return refuse('correlation.type', `${String(type)} is not supported; there are event_count and value_count`);
  const names = typeof rules === 'string' ? [rules] : rules;
  if (!Array.isArray(names) || names.length === 0) return refuse('correlation.rules', 'must name rules of this file');
  const found = names.map((name: unknown) => selections.get(String(name)) ?? refuse('correlation.rules', `there is no rule ${String(name)} in this file`));
  const groups = (typeof groupBy === 'string' ? [groupBy] : groupBy) as unknown;
  if (!Array.isArray(groups) || groups.length > 4) return refuse('correlation.group-by', 'takes up to 4 fields');
  for (const name of groups) known('correlation.group-by', name);
  return { ...headOf(document), selections: found, correlation: { group_by: groups as string[], timespan_ms: spanOf(timespan), ...boundOf(type, condition) } };
}

function known(where: string, name: unknown): string {
  return typeof name === 'string' && fieldOf(name) !== undefined ? name : refuse(where, `there is no field ${String(name)}; there are ${FIELD_NAMES.join(', ')}`);
}

function spanOf(timespan: unknown): number {
  const parts = /^(\d{1,6})([smhd])$/.exec(String(timespan));
  if (parts === null) return refuse('correlation.timespan', 'takes a number with s, m, h or d, such as 10m');
  const span = Number(parts[1]) * UNITS[parts[2]!]!;
  return span > 0 && span <= LONGEST_SPAN_MS ? span : refuse('correlation.timespan', 'must be from 1s to 1d');
}

/** What arrives can reach a count; that something stays below one is known only when time has passed. */
function boundOf(type: 'event_count' | 'value_count', condition: unknown): Pick<Correlation, 'distinct' | 'at_least'> {
  if (!isPlain(condition)) return refuse('correlation.condition', 'is missing');
  const { field, ...bounds } = condition;
  const [[operator, bound] = ['', undefined], ...more] = Object.entries(bounds);
  if (more.length > 0) refuse('correlation.condition', 'several bounds are not supported');
  if (operator !== 'gte' && operator !== 'gt') refuse(`correlation.condition.${operator}`, 'is not supported; there are gte and gt');
  if (typeof bound !== 'number' || !Number.isInteger(bound) || bound < 1) return refuse(`correlation.condition.${operator}`, 'takes a whole number from 1');
  if (type === 'event_count' && field !== undefined) refuse('correlation.condition.field', 'is for value_count');
  return { distinct: type === 'value_count' ? known('correlation.condition.field', field) : null, at_least: operator === 'gt' ? bound + 1 : bound };
}
