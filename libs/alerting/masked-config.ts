import type { AlertChannelConfig } from '@keytrail/contracts';

const TAIL = 4;
/** Of less than this no tail is shown: it would be most of the secret. */
const SHORTEST_WITH_TAIL = 16;

/** A channel as those see it who may not change it, and as it is written down: whatever is in an address beyond its host may be a token. */
export function masked(config: AlertChannelConfig): AlertChannelConfig {
  return 'url' in config && config.url !== undefined ? { ...config, url: maskedUrl(config.url) } : config;
}

function maskedUrl(url: string): string {
  const { origin, pathname, search } = new URL(url);
  const rest = `${pathname}${search}`;
  if (rest === '/' || rest === '') return origin;
  return `${origin}/***${rest.length < SHORTEST_WITH_TAIL ? '' : rest.slice(-TAIL)}`;
}
