import type { Condition } from './condition.js';
import { fieldOf, type Field } from './fields.js';
import type { CustomRule, Search, SearchValue, Selection, Test } from './rule.js';

export type BoundValues = Record<string, string | number>;

/** An expression whose values are bound: nothing that a rule says stands in its text but names of columns we chose. */
export class SqlBuilder {
  readonly params: BoundValues = {};

  bind(value: string | number): string {
    const name = `r${Object.keys(this.params).length}`;
    this.params[name] = value;
    return `{${name}:${typeof value === 'number' ? 'Float64' : 'String'}}`;
  }

  /** A field as text or number; the names of attributes are bound as well. */
  field(name: string): string {
    const field = fieldOf(name)!;
    return 'attribute' in field ? `attributes[${this.bind(field.attribute)}]` : field.column;
  }

  rule({ selections }: Pick<CustomRule, 'selections'>): string {
    return any(selections.map((selection) => this.condition(selection.condition, selection)));
  }

  private condition(condition: Condition, selection: Selection): string {
    if ('search' in condition) return this.search(selection.searches.get(condition.search)!);
    if ('not' in condition) return `(NOT ${this.condition(condition.not, selection)})`;
    return 'and' in condition ? all(condition.and.map((one) => this.condition(one, selection))) : any(condition.or.map((one) => this.condition(one, selection)));
  }

  private search(search: Search): string {
    return any(search.map((tests) => all(tests.map((test) => this.test(test)))));
  }

  private test(test: Test): string {
    const field = fieldOf(test.field)!;
    if (test.operator === 'exists') return `(${empty(field, this.field(test.field))} = ${test.expected ? 0 : 1})`;
    const parts = test.values.map((value) => this.compare(field, test, value));
    return test.all ? all(parts) : any(parts);
  }

  private compare(field: Field, { field: name, operator, cased }: Test, value: SearchValue): string {
    const column = this.field(name);
    if (value === null) return empty(field, column);
    if (field.kind === 'number') return `ifNull(${column} ${COMPARISONS[operator] ?? '='} ${this.bind(value)}, 0)`;
    const text = String(value);
    if (operator === 're') return `match(${column}, ${this.bind(text)})`;
    // The store refuses to compare what is no address.
    if (operator === 'cidr') return `if(isIPv4String(${column}) OR isIPv6String(${column}), isIPAddressInRange(CAST(${column}, 'String'), ${this.bind(text)}), 0)`;
    const pattern = likePattern(text);
    const around = operator === 'contains' ? `%${pattern}%` : operator === 'startswith' ? `${pattern}%` : operator === 'endswith' ? `%${pattern}` : pattern;
    return `${column} ${cased ? 'LIKE' : 'ILIKE'} ${this.bind(around)}`;
  }
}

const COMPARISONS: Partial<Record<string, string>> = { lt: '<', lte: '<=', gt: '>', gte: '>=' };
const all = (parts: readonly string[]) => `(${parts.join(' AND ')})`;
const any = (parts: readonly string[]) => `(${parts.join(' OR ')})`;
const empty = (field: Field, column: string) => (field.kind === 'number' ? `isNull(${column})` : `empty(${column})`);

/** Sigma's `*` and `?` as LIKE has them; a backslash before one, or before another backslash, makes it stand for itself. */
function likePattern(text: string): string {
  let pattern = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === '\\' && ['*', '?', '\\'].includes(text[at + 1] ?? '')) {
      at += 1;
      pattern += text[at] === '\\' ? '\\\\' : text[at];
    } else if (char === '*') pattern += '%';
    else if (char === '?') pattern += '_';
    else pattern += ['%', '_', '\\'].includes(char) ? `\\${char}` : char;
  }
  return pattern;
}
