import { describe, expect, it } from '@jest/globals';
import { readRules } from './read-rules.js';
import { SigmaError } from './sigma-error.js';
import { SqlBuilder } from './to-sql.js';

const HEAD = 'title: A rule\nid: a-rule\nlevel: high\n';
const rule = (detection: string, head = HEAD) => `${head}detection:\n${detection.replace(/^/gm, '  ')}`;
const counting = (correlation: string) => `${rule('s: {status: 403}\ncondition: s', 'title: Base\nid: base-rule\nname: base\nlevel: low\n')}\n---\n`
  + `title: Count\nid: count\nlevel: high\ncorrelation:\n${correlation.replace(/^/gm, '  ')}`;
const COUNT = 'type: event_count\nrules: base\ngroup-by: [key_id, address]\ntimespan: 5m\ncondition: {gt: 9}';
const compile = (text: string) => {
  const builder = new SqlBuilder();
  return { sql: builder.rule(readRules(text)[0]!).replaceAll(/[()]/g, ''), params: Object.values(builder.params) };
};

describe('a rule in the Sigma subset', () => {
  it('becomes SQL in which every value is bound', () => {
    const evil = `x'); DROP TABLE request_logs --`;
    const { sql, params } = compile(rule(JSON.stringify({ s: { 'method': ['GET', evil], [`attributes.${evil}`]: evil, 'status|gte': 400 }, condition: 's' })));
    expect(sql).toBe('method ILIKE {r0:String} OR method ILIKE {r1:String} AND attributes[{r2:String}] ILIKE {r3:String} AND ifNullstatus >= {r4:Float64}, 0');
    const pattern = evil.replace('_', '\\_');
    expect(params).toEqual(['GET', pattern, evil, pattern, 400]);
  });

  it.each([
    [{ path: '/a*b?c' }, 'path ILIKE {r0:String}', '/a%b_c'],
    [{ path: '100%_\\*' }, 'path ILIKE {r0:String}', '100\\%\\_*'],
    [{ 'path|contains': 'x' }, 'path ILIKE {r0:String}', '%x%'], [{ 'path|startswith|cased': 'x' }, 'path LIKE {r0:String}', 'x%'],
    [{ 'path|endswith': 'x' }, 'path ILIKE {r0:String}', '%x'], [{ 'path|re': '^/v[12]' }, 'matchpath, {r0:String}', '^/v[12]'],
    [{ origin: null }, 'emptyorigin', undefined], [{ 'origin|exists': true }, 'emptyorigin = 0', undefined],
  ])('reads %j', (search, sql, value) => {
    expect(compile(rule(JSON.stringify({ s: search, condition: 's' })))).toEqual({ sql, params: value === undefined ? [] : [value] });
  });

  it('reads conditions by the precedence of not, and, or', () => {
    const searches = 'a: {method: A}\nb: {method: B}\nc1: {method: C}\nc2: {method: D}\n';
    const [parsed] = readRules(rule(`${searches}condition: not a and b or all of c*`));
    expect(parsed!.selections[0]!.condition).toEqual({
      or: [{ and: [{ not: { search: 'a' } }, { search: 'b' }] }, { and: [{ search: 'c1' }, { search: 'c2' }] }],
    });
    expect(readRules(rule(`${searches}condition: 1 of them`))[0]!.selections[0]!.condition).toEqual({ or: ['a', 'b', 'c1', 'c2'].map((search) => ({ search })) });
  });

  it('counts over a rule of its file, which is not told by itself then', () => {
    expect(readRules(counting(COUNT))).toMatchObject([{
      id: 'count', severity: 'high', correlation: { distinct: null, group_by: ['key_id', 'address'], timespan_ms: 300_000, at_least: 10 },
    }]);
    expect(readRules(`${counting(COUNT)}\ngenerate: true`).map(({ id }) => id)).toEqual(['base-rule', 'count']);
    expect(readRules(counting(COUNT.replace('event_count', 'value_count').replace('{gt: 9}', '{field: path, gte: 3}')))[0]!.correlation)
      .toMatchObject({ distinct: 'path', at_least: 3 });
  });

  it.each([
    ['s: {path: x}\ncondition: s | count() > 5', 'condition: pipes and aggregations are not supported'],
    ['s: {path: x}\ncondition: 2 of them', '2 of is not supported'], ['s: {path: x}\ncondition: t', 'there is no search t; there are s'],
    ['s: {path: x}\ncondition: s and', 'ends too early'], ['s: {path: x}\ncondition: (s', 'a parenthesis is not closed'], ['s: {path: x}\ncondition: s s', 's is not expected here'],
    ['s: [word]\ncondition: s', 'keywords without a field are not supported'], ['s: {path|base64: x}\ncondition: s', 'the modifier base64 is not supported'],
    ['s: {EventID: 1}\ncondition: s', 'there is no field EventID'], ['s: {path|contains|endswith: x}\ncondition: s', 'contains and endswith do not go together'],
    ['s: {status|contains: 4}\ncondition: s', 'contains is for text, and status is a number'], ['s: {status: many}\ncondition: s', 'takes a number'],
    ['s: {path|lt: 4}\ncondition: s', 'lt is for numbers'], ['s: {address|cidr: 10.0.0.0/33}\ncondition: s', '10.0.0.0/33 is no network'],
    ['timeframe: 5m\ns: {path: x}\ncondition: s', 'detection.timeframe: is not supported'], ['s: {path: x}\ncondition: [s, s]', 'several conditions are not supported'],
    ['s: {path: x}', 'detection.condition: is missing'], ['s: {path: []}\ncondition: s', 'has no value'], ['s: {}\ncondition: s', 'is empty'],
    [`s: {path: x}\ncondition: ${'('.repeat(40)}s${')'.repeat(40)}`, 'nested deeper than 32 levels'],
  ])('refuses a detection by name: %s', (detection, said) => {
    expect(() => readRules(rule(detection))).toThrow(SigmaError);
    expect(() => readRules(rule(detection))).toThrow(said);
  });

  it.each([
    ['type: temporal', COUNT.replace('event_count', 'temporal'), 'temporal is not supported'], ['an upper bound', COUNT.replace('gt:', 'lt:'), 'correlation.condition.lt: is not supported'],
    ['a strange timespan', COUNT.replace('5m', '5 weeks'), 'takes a number with s, m, h or d'], ['too long a timespan', COUNT.replace('5m', '2d'), 'must be from 1s to 1d'],
    ['a rule of elsewhere', COUNT.replace('rules: base', 'rules: other'), 'there is no rule other in this file'],
    ['an unknown field', COUNT.replace('address', 'TargetUser'), 'there is no field TargetUser'], ['aliases', `${COUNT}\naliases: {}`, 'correlation.aliases: is not supported'],
    ['no field to count', COUNT.replace('event_count', 'value_count'), 'there is no field undefined'],
  ])('refuses a correlation by name: %s', (_, correlation, said) => {
    expect(() => readRules(counting(correlation))).toThrow(said);
  });

  it.each([
    ['', 'rule: is empty'], ['- a\n', 'rule: must be a mapping'], ['title: [', 'YAML: '], [`${HEAD}action: global\n`, 'action: is not supported'], [HEAD, 'needs either a detection or a correlation'],
    [rule('s: {path: x}\ncondition: s', 'title: A\nid: a-rule\nlevel: informational\n'), 'informational is not supported'],
    [rule('s: {path: x}\ncondition: s', 'title: A\nid: A rule\nlevel: low\n'), 'id: is needed'],
    [rule('s: {path: x}\ncondition: s', `${HEAD}logsource: {product: windows}\n`), 'logsource: only product: keytrail'],
    [rule('s: &a {path: x}\nt: *a\ncondition: s'), 'aliases are not supported'],
    [`${rule('s: {path: x}\ncondition: s')}\n---\n${rule('s: {path: y}\ncondition: s')}`, 'a-rule is given twice'], ['x'.repeat(70_000), 'longer than'],
  ])('refuses a file that is no rule: %.40j', (text, said) => {
    expect(() => readRules(text)).toThrow(SigmaError);
    expect(() => readRules(text)).toThrow(said);
  });
});
