import type { RuleInfo } from '../types.js';

export const BEGIN = '<!-- rules: written by `npm run docs:rules` from libs/detection/rules; do not edit -->';
export const END = '<!-- end of rules -->';

const INCIDENT: Readonly<Record<RuleInfo['incident'], string>> = {
  opens: 'A finding opens an incident, or joins one about the same key, caller or owner.',
  joins: 'A low finding opens no incident; it joins one about the same key or caller.',
  apart: 'Findings stay outside of incidents.',
};

/** The rules as a part of docs/detections.md: a table, then what to know of each. */
export const documentRules = (rules: readonly RuleInfo[]): string => [
  BEGIN, '',
  '| rule | severity | fires when |', '|---|---|---|',
  ...rules.map(({ id, severity, fires }) => `| [\`${id}\`](#${id}) | ${severity} | ${cell(fires)} |`),
  '',
  ...rules.flatMap(section),
  END,
].join('\n');

const section = ({ id, title, why, response, false_positives, attack, fields, incident, lasting }: RuleInfo): string[] => [
  `### ${id}`, '', `**${title}.** ${why}`, '',
  `- What to do: ${response}`,
  `- False alarms: ${false_positives}`,
  `- Needs: ${fields.join('; ')}.`,
  `- ${attack === null ? '' : `ATT&CK ${attack}. `}${INCIDENT[incident]}${lasting === true ? ' It is about a state: one finding, over pauses of up to a week.' : ''}`,
  '',
];

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A document with the part about the rules put in the place of what stands there. Throws `Error` when its marks are missing. */
export function withRules(document: string, rules: readonly RuleInfo[]): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from === -1 || to < from) throw new Error('the document has no marks between which rules are written');
  return document.slice(0, from) + documentRules(rules) + document.slice(to + END.length);
}
