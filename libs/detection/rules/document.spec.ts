import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BEGIN, END, documentRules, withRules } from './document.js';
import { ruleCatalogue } from './index.js';

const page = new URL('../../../docs/detections.md', import.meta.url);

describe('docs/detections.md', () => {
  // `npm run docs:rules` runs this with WRITE_DOCS set.
  // eslint-disable-next-line no-restricted-properties -- what a script asks of this spec is no setting
  if (process.env['WRITE_DOCS'] === '1') writeFileSync(page, withRules(readFileSync(page, 'utf8'), ruleCatalogue));

  it('says of the rules what they say of themselves (else: npm run docs:rules)', () => {
    const text = readFileSync(page, 'utf8');
    expect(text).toBe(withRules(text, ruleCatalogue));
  });

  it('stands in full in the list of what is looked for, and nothing else does', () => {
    const listed = /\n## What is looked for[^]*?\n## /.exec(readFileSync(page, 'utf8'))![0];
    expect(new Set([...listed.matchAll(/`([a-z-]+)`/g)].map(([, id]) => id))).toEqual(new Set(ruleCatalogue.map(({ id }) => id)));
  });
});

describe('documentRules', () => {
  it('names every rule in the table and in a part of its own', () => {
    const text = documentRules(ruleCatalogue);
    for (const { id, title } of ruleCatalogue) {
      expect(text).toContain(`| [\`${id}\`](#${id}) |`);
      expect(text).toContain(`### ${id}\n\n**${title}.**`);
    }
  });

  it('leaves the rest of a document as it is, and refuses one without marks', () => {
    expect(withRules(`before\n${BEGIN}\nold\n${END}\nafter`, ruleCatalogue)).toBe(`before\n${documentRules(ruleCatalogue)}\nafter`);
    expect(() => withRules('before', ruleCatalogue)).toThrow('no marks');
  });
});
