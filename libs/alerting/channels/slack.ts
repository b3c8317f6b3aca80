import type { AlertEvent } from '@keytrail/contracts';
import { oneLine, outcomeOf, type Channel } from './channel.js';
import { groupLines, headline, ownerLine } from './words.js';

/** What Slack takes at most. */
const LONGEST_HEADER = 150;
const LONGEST_SECTION = 3_000;
const LONGEST_BUTTON = 75;

/** What is not ours never becomes markup: it stands in blocks of plain text, and where there is none, these three mean nothing any more. */
export const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

const plain = (text: string, most: number) => ({ type: 'plain_text', emoji: false, text: cut(text, most) });
const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
const section = (text: string) => ({ type: 'section', text: plain(text, LONGEST_SECTION) });
const button = (text: string, url: string) => ({ type: 'button', text: plain(text, LONGEST_BUTTON), url });

/** Lists are longer than one section may be; ten lines of them never are. */
const chunks = (lines: readonly string[]): string[][] => Array.from({ length: Math.ceil(lines.length / 10) }, (_, index) => lines.slice(index * 10, index * 10 + 10));

/** Block Kit. With a public address there are buttons that lead to the incident; the calls stand there in any case. */
export function slackMessage({ data, type }: AlertEvent): object {
  const { incident, what_happened, what_to_do, url, note } = data;
  const act = incident.state === 'resolved' ? undefined : what_to_do.find(({ call }) => call?.startsWith('POST ') === true);
  return {
    // For notifications and screen readers; blocks take its place elsewhere.
    text: escaped(headline({ type, data })), mrkdwn: false, parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false,
    blocks: [
      { type: 'header', text: plain(headline({ type, data }), LONGEST_HEADER) },
      ...chunks(groupLines(data)).map((lines) => section(lines.join('\n'))),
      { type: 'section', fields: [
        plain(`Severity\n${incident.severity}`, 2_000), plain(`State\n${incident.state}`, 2_000), plain(`Owner\n${ownerLine(incident)}`, 2_000), plain(`Workspace\n${incident.workspace_id}`, 2_000),
      ] },
      ...(incident.key_ids.length === 0 ? [] : [section(`Keys (${data.key_count}): ${incident.key_ids.map(oneLine).join(', ')}`)]),
      ...(incident.addresses.length === 0 ? [] : [section(`Addresses (${data.address_count}): ${incident.addresses.map(oneLine).join(', ')}`)]),
      ...(what_happened.length === 0 ? [] : [section(what_happened.map(({ at, text }) => `${at}  ${oneLine(text)}`).join('\n'))]),
      ...(what_to_do.length === 0 ? [] : [section(`What to do\n${what_to_do.map(({ title, call }) => `• ${oneLine(title)}${call === null ? '' : `\n   ${oneLine(call)}`}`).join('\n')}`)]),
      ...(note === null ? [] : [section(oneLine(note))]),
      ...(url === null ? [] : [{ type: 'actions', elements: [
        button('Open the incident', url), ...(type === 'test' || act === undefined ? [] : [{ ...button(oneLine(act.title), `${url}?action=contain`), style: 'danger' }]),
      ] }]),
      { type: 'context', elements: [plain(`${incident.incident_id} · ${incident.updated_at}`, 2_000)] },
    ],
  };
}

/** An incoming webhook of Slack, or of a chat that takes the same. */
export const slack: Channel<'slack'> = {
  async send({ event, now }, _config, secrets, { http }) {
    const url = secrets.get('url');
    if (url === undefined) return { result: 'refused', failure: 'the channel has no address' };
    return outcomeOf(await http.post(url, JSON.stringify(slackMessage(event)), {}, now));
  },
};
