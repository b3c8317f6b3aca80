import { describe, expect, it } from '@jest/globals';
import type { RequestLogFormat } from '@keytrail/contracts';
import fc from 'fast-check';
import { splitArray } from './json-scan.js';
import { parseBody, parseMessage, type ParseOptions } from './parse-body.js';

const parse = (body: string | Buffer, options: Partial<ParseOptions> = {}) =>
  [...parseBody(Buffer.isBuffer(body) ? body : Buffer.from(body), { format: 'native', ...options })];
const brief = (body: string | Buffer, options: Partial<ParseOptions> = {}) =>
  parse(body, options).map((item) => [item.line, item.problem?.code ?? item.value]);

describe('a bad line is that line only', () => {
  const good = '{"n":1}';
  const bad: [string, string | Buffer, string][] = [
    ['broken JSON', '{"n":', 'invalid_json'],
    ['a broken string', '{"n":"x', 'invalid_json'],
    ['an array that does not end', '[{"n":1},', 'invalid_json'],
    ['10 MB', Buffer.concat([Buffer.from('{"n":"'), Buffer.alloc(10 << 20, 0x61), Buffer.from('"}')]), 'too_long'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0x6e, 0x22, 0x3a, 0x22, 0xff, 0xc0, 0x22, 0x7d]), 'invalid_utf8'],
    ['half a UTF-8 sequence', Buffer.from([0x7b, 0x22, 0xe2, 0x82]), 'invalid_utf8'],
    ['NUL bytes', Buffer.from('{"n":"a\0b"}'), 'invalid_json'],
    ['only NUL bytes', Buffer.alloc(16), 'invalid_json'],
    ['deep nesting', `{"n":${'['.repeat(65)}${']'.repeat(65)}}`, 'too_deep'],
    ['very deep nesting that never ends', '{"a":'.repeat(100_000), 'too_deep'],
    ['a number', '17', 'not_an_object'],
    ['null', 'null', 'not_an_object'],
    ['a string', '"x"', 'not_an_object'],
    ['two values', '{"n":1} {"n":2}', 'invalid_json'],
    ['UTF-16', Buffer.from('{"n":1}', 'utf16le'), 'invalid_json'],
  ];
  it.each(bad)('should find its neighbours: %s', (_, line, code) => {
    const body = Buffer.concat([Buffer.from(`${good}\n`), Buffer.from(line as string), Buffer.from(`\n${good}\n`)]);
    expect(brief(body)).toEqual([[1, { n: 1 }], [2, code], [3, { n: 1 }]]);
  });

  it.each(bad)('should find what follows it in the first line: %s', (_, line, code) => {
    expect(brief(Buffer.concat([Buffer.from(line as string), Buffer.from(`\n${good}\n[${good}]\n`)]))).toEqual([[1, code], [2, { n: 1 }], [3, [{ n: 1 }]]]);
  });

  it('should find every good line among arbitrary bad ones, with its number', () => {
    const lines = fc.array(fc.oneof(
      fc.nat().map((n) => ({ good: true, bytes: Buffer.from(JSON.stringify({ n, text: 'é{["' })) })),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ good: false, bytes: Buffer.concat([Buffer.from('x'), Buffer.from(bytes.filter((byte) => byte !== 10))]) })),
      fc.constant({ good: false, bytes: Buffer.alloc(0) }),
    ), { maxLength: 30 });
    fc.assert(fc.property(lines, fc.constantFrom('\n', '\r\n'), (items, newline) => {
      const found = parse(Buffer.from(items.map((item) => item.bytes.toString('latin1')).join(newline), 'latin1'));
      const expected = items.flatMap((item, index) => (item.good ? [[index + 1, JSON.parse(item.bytes.toString())]] : []));
      expect(found.filter((item) => !item.problem).map((item) => [item.line, item.value])).toEqual(expected);
    }), { numRuns: 1000 });
  });
});

describe('forms of a body', () => {
  it('should find every line of a long body, with its number and bytes, wherever the pieces end that it is decoded in', () => {
    const line = (length: number, letter: string) => `{"n":"${letter.repeat(length)}"}`;
    const lengths = fc.oneof(fc.nat(3000), fc.integer({ min: 64_000, max: 66_000 }), fc.integer({ min: 130_000, max: 132_000 }));
    const newlines = fc.constantFrom('\n', '\r\n', '\n\n');
    fc.assert(fc.property(fc.array(fc.record({ length: lengths, letter: fc.constantFrom('a', 'a', 'a', 'é'), newline: newlines }), { minLength: 1, maxLength: 40 }), (items) => {
      let number = 1;
      const expected = items.map(({ length, letter, newline }) => {
        const at = number;
        number += newline === '\n\n' ? 2 : 1;
        return [at, line(length, letter)];
      });
      const found = parse(items.map(({ length, letter, newline }) => line(length, letter) + newline).join(''));
      expect(found.map((item) => [item.line, item.raw.toString()])).toEqual(expected);
      expect(found.map(({ value }) => value)).toEqual(items.map(({ length, letter }) => ({ n: letter.repeat(length) })));
    }), { numRuns: 60 });
  });

  it.each<[string, string, unknown[]]>([
    ['nothing', '', []],
    ['white space', ' \r\n\t\n', []],
    ['one line', '{"n":1}', [[1, { n: 1 }]]],
    ['a byte order mark', '\ufeff{"n":1}\n{"n":2}', [[1, { n: 1 }], [2, { n: 2 }]]],
    ['CRLF and blank lines', '{"n":1}\r\n\r\n  \r\n{"n":2}\r\n', [[1, { n: 1 }], [4, { n: 2 }]]],
    ['leading blank lines', '\n\n{"n":1}\n', [[3, { n: 1 }]]],
    ['an array', '[{"n":1},{"n":2}]', [[1, { n: 1 }], [2, { n: 2 }]]],
    ['a pretty array', '[\n  {"n":1},\n  {\n"n":"],"}\n]\n', [[1, { n: 1 }], [2, { n: '],' }]]],
    ['an empty array', '[ ]', []],
    ['lines of arrays', '[{"n":1}]\n[{"n":2}]\n', [[1, [{ n: 1 }]], [2, [{ n: 2 }]]]],
    ['a pretty object', '{\n  "n": 1,\n  "o": {\n    "p": "}"\n  }\n}\n', [[1, { n: 1, o: { p: '}' } }]]],
    ['an object broken at an odd place', '{"n": 1\n, "o": 2}\n', [[1, { n: 1, o: 2 }]]],
  ])('should read %s', (_, body, expected) => {
    expect(brief(body)).toEqual(expected);
  });

  it('should report a broken array once', () => {
    for (const body of ['[{"n":1},{"n":', '[{"n":1}', '[{"n":1} {"n":2}]', '[{"n":1}]x', '[', '[{"n":1},]x', '[\n  {"n":1},\n  {"n":"2}\n]']) {
      expect(brief(body)).toEqual([[1, 'invalid_json']]);
    }
  });

  it('should report a broken object over several lines once', () => {
    expect(brief('{\n  "n": 1,\n  "o": \n')).toEqual([[1, 'invalid_json']]);
  });

  it('should keep the neighbours of a bad array item', () => {
    const items = ['{"n":1}', 'nonsense', '17', `"${'x'.repeat(200)}"`, `${'['.repeat(70)}${']'.repeat(70)}`, '{"n":tru}', '{"n":2}'];
    expect(brief(`[${items.join(' , ')}]`, { maxLineBytes: 150 })).toEqual([
      [1, { n: 1 }], [2, 'invalid_json'], [3, 'not_an_object'], [4, 'too_long'], [5, 'too_deep'], [6, 'invalid_json'], [7, { n: 2 }],
    ]);
    const broken = Buffer.from('[{"n":1},{"n":"\xff"},{"n":2}]', 'latin1');
    expect(brief(broken)).toEqual([[1, { n: 1 }], [2, 'invalid_utf8'], [3, { n: 2 }]]);
  });

  it('should read CloudTrail records one by one, also past the limit of a line', () => {
    const records = Array.from({ length: 50 }, (_, n) => ({ n, text: '"Records":[' }));
    for (const body of [JSON.stringify({ Records: records }), JSON.stringify({ Records: records }, null, 2)]) {
      expect(brief(body, { format: 'cloudtrail', maxLineBytes: 200 })).toEqual(records.map((record, index) => [index + 1, record]));
    }
    expect(brief('{"Records":[{"n":1}]}\n{"Records":[{"n":2}]}\n', { format: 'cloudtrail' })).toEqual([[1, { Records: [{ n: 1 }] }], [2, { Records: [{ n: 2 }] }]]);
  });

  it('should read a Kafka message of any form', () => {
    expect(parseMessage(Buffer.alloc(0), 'native')).toEqual([]);
    expect(parseMessage(Buffer.from('[{"n":1},{"n":2}]'), 'kong').map((item) => item.value)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(parseMessage(Buffer.from('{"n":1}\n{"n":2}'), 'native').map((item) => item.value)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('should give the bytes of each line', () => {
    expect(parse('{"é":1}\r\nx\n').map((item) => item.raw.toString())).toEqual(['{"é":1}', 'x']);
  });
});

describe('hostile bodies', () => {
  it('should count only brackets outside strings', () => {
    expect(brief(`{"n":"${'['.repeat(200)}\\"${'{'.repeat(200)}"}`)[0]![1]).toHaveProperty('n');
  });

  it('should not let a key change a prototype', () => {
    const [item] = parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    expect(item!.value).toBeDefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('should not quote a line in its reason', () => {
    for (const item of parse('{"key":"planted-value\n[planted-value\n"planted-value"\n')) expect(JSON.stringify(item.problem)).not.toContain('planted');
  });

  it.each([['native', '['], ['cloudtrail', '{"Records":[']] as const)('should look no further than the item that is one too many: %s', (format, opening) => {
    const body = Buffer.from(`${opening}${'0,'.repeat(100_000)}0]${opening === '[' ? '' : '}'}`);
    const array = splitArray(body, opening.length - 1, 1000);
    expect([array?.spans.length, array?.end]).toEqual([2000, -1]);
    expect(() => parse(body, { format, maxItems: 1000 })).toThrow(expect.objectContaining({ status: 413, code: 'too_many_lines' }));
    expect(parse('[0,0,0]', { maxItems: 3 })).toHaveLength(3);
  });

  it.each<[string, RequestLogFormat, string]>([
    ['an array', 'native', `[${'0,'.repeat(500_000)}0]`], ['lines', 'native', '0\n'.repeat(500_000)], ['records', 'cloudtrail', `{"Records":[${'0,'.repeat(500_000)}0]}`],
    ['records of one object', 'auto', `{"a":1,"Records":[${'0,'.repeat(10_000)}0]}`], ['events of one object', 'api-gateway', `{"logEvents":[${'0,'.repeat(400_000)}0]}`],
    ['lists in an array', 'kong', `[${`[${'0,'.repeat(99)}0],`.repeat(100)}0]`], ['lists of lists', 'auto', `{"a":1,"Records":[${`{"logEvents":[${'0,'.repeat(99)}0]},`.repeat(100)}{}]}`],
  ])('should refuse a message of too many requests whole, without making any of them: %s', (_name, format, text) => {
    const value = Buffer.from(text);
    const lines = parseMessage(value, format);
    expect(lines.map(({ line, problem, value: parsed }) => [line, problem?.code, parsed])).toEqual([[1, 'too_many_items', undefined]]);
    expect(lines[0]!.raw.equals(value)).toBe(true);
    expect(parseMessage(Buffer.from(`[${'0,'.repeat(9_999)}0]`), 'native')).toHaveLength(10_000);
  });

  it('should not read an object that is too long to be kept to find out where its lines end', () => {
    const body = Buffer.from(`{"a":[0\n${',0'.repeat(1 << 20)}]}`);
    expect(parse(body).map((item) => item.problem?.code)).toEqual(['invalid_json', 'too_long']);
  });

  it('should pass over blank lines once, however many follow each other', () => {
    const blank = ' '.repeat(99);
    const start = performance.now();
    expect(brief(`{"n":1}\n${`${blank}\n`.repeat(20_000)}{"n":2}`)).toEqual([[1, { n: 1 }], [20_002, { n: 2 }]]);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it.each(['[', '{', '"', '[{', '{"a":', '\\', '"\\', '[],', '\n', '\n[', '\n{', '{\n', '[\n', '{,\n{', ' '])('should take less than a second for a quarter megabyte of %j', (unit) => {
    const body = Buffer.from(unit.repeat((1 << 18) / unit.length));
    const seconds = (format: 'native' | 'cloudtrail') => {
      const start = performance.now();
      let lines = 0;
      for (const item of parseBody(body, { format })) lines = item.line;
      expect(lines).toBeLessThanOrEqual(body.length);
      return (performance.now() - start) / 1000;
    };
    for (const format of ['native', 'cloudtrail'] as const) expect(seconds(format) < 1 || seconds(format) < 1).toBe(true);
  });
});
