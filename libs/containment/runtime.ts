import Bowser from 'bowser';
import type { Runtime } from '@keytrail/contracts';

const PRODUCT = /^([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64})(?:\/([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}))?/;
const LANGUAGE = /\b(node(?:\.?js)?|python|java|jvm|go|ruby|php|dotnet|\.net|deno|bun|rust|perl|swift|kotlin)[/#: ]?v?(\d[\w.]*)?/i;
const unknown: Runtime = { name: '', version: '', kind: 'unknown', platform: '' };

/** What a user agent says of the program behind it. Anyone can write anything there: it tells callers apart, it proves nothing. */
export function runtimeOf(userAgent: string): Runtime {
  const agent = userAgent.trim();
  // Browsers, and what poses as one, begin so since the nineties; to find out which needs somebody who follows them.
  if (/^(Mozilla|Opera)\//.test(agent)) return browserOf(agent);
  const product = PRODUCT.exec(agent);
  if (product === null) return unknown;
  const [whole, name = '', version = ''] = product;
  const language = LANGUAGE.exec(agent.slice(whole.length));
  return { name, version, kind: 'program', platform: language === null ? '' : `${language[1]}${language[2] === undefined ? '' : ` ${language[2]}`}` };
}

function browserOf(agent: string): Runtime {
  const { browser, os } = Bowser.parse(agent);
  return {
    name: browser.name ?? '', version: browser.version ?? '', kind: browser.name ? 'browser' : 'unknown',
    platform: [os.name, os.versionName ?? os.version].filter((part) => part !== undefined && part !== '').join(' '),
  };
}
