import { describe, expect, it } from '@jest/globals';
import { csvRecords } from './csv.js';
import { readCsv } from './read-csv.js';

const fieldsOf = (text: string) => csvRecords(text).map(({ fields }) => fields);

describe('a table', () => {
  it.each([
    ['lines that end in LF or CRLF, the last one in nothing', 'a,b\r\nc,d\ne,', [['a', 'b'], ['c', 'd'], ['e', '']]],
    ['quoted commas, quotes and line breaks', '"a,1","say ""hi""","two\nlines"\nb,,c', [['a,1', 'say "hi"', 'two\nlines'], ['b', '', 'c']]],
    ['a byte order mark and empty lines, which say nothing', '\ufeffa\n\n , \nb', [['a'], ['b']]],
    ['quotes inside of a field that has none around it', 'a"b,c', [['a"b', 'c']]],
    ['a lone carriage return inside of a field', 'a\rb,c', [['a\rb', 'c']]],
    ['nothing', '', []],
  ])('has %s', (_, text, fields) => {
    expect(fieldsOf(text)).toEqual(fields);
  });

  it('tells the line in which each record begins, and what is wrong with one', () => {
    expect(csvRecords('a\n"b\nc"\n\n"d"x,e\nf\n"g\nh').map(({ line, problem }) => [line, problem])).toEqual([
      [1, undefined], [2, undefined], [5, 'something follows a closing quote'], [6, undefined], [7, 'a quote is never closed'],
    ]);
  });
});

describe('a table as long as a call takes', () => {
  it('is read to its end when it has no line break', () => {
    expect(csvRecords(`name${','.repeat(4_000_000)}`).map(({ fields }) => fields.length)).toEqual([4_000_001]);
  });

  it('is refused after as many lines as are taken', () => {
    expect(csvRecords('a\n'.repeat(2_000_000), 3)).toHaveLength(3);
    expect(() => readCsv('name\n'.repeat(20_002))).toThrow(expect.objectContaining({ code: 'too_many_lines' }));
    expect(readCsv('name\n'.repeat(20_001)).rows).toHaveLength(20_000);
  });
});

describe('a table of owners', () => {
  it('has columns in any order, of which empty cells say nothing', () => {
    expect(readCsv('Escalation,NAME,kind,contact,handle,status\n"Bo <bo@example.test>; #on-call",Ada,Person,#ada,@acme/ada,LEFT\n,Team,,,,').rows).toEqual([
      { line: 2, name: 'Ada', kind: 'person', contact: '#ada', handle: 'acme/ada', status: 'left', escalation: [{ name: 'Bo', contact: 'bo@example.test' }, { name: '#on-call', contact: '#on-call' }] },
      { line: 3, name: 'Team' },
    ]);
  });

  it('loses no line: each is a row or a reason, which repeats nothing of it', () => {
    const secret = `kt_api_${'aB3'.repeat(12)}`;
    const { rows, refused, notes } = readCsv(`name,email,salary\nAda,ada@example.test,1\nBo\n${secret},,1\nCy,not-an-address,1\n,,9\n"Di,di@example.test,1`);
    expect(rows.map(({ line }) => line)).toEqual([2]);
    expect(refused.map(({ line, code }) => [line, code])).toEqual([[3, 'invalid_line'], [4, 'invalid_field'], [5, 'invalid_field'], [6, 'nobody_named'], [7, 'invalid_line']]);
    expect(JSON.stringify([refused, notes])).not.toMatch(/aB3aB3|not-an-address|salary/);
    expect(notes).toEqual([{ line: 1, message: '1 column is not known, and not read' }]);
  });

  it.each(['', 'kind,contact\nperson,#x', 'name,name\na,b', '"name\nAda'])('is refused whole when its header cannot be used: %j', (text) => {
    expect(() => readCsv(text)).toThrow();
  });
});
