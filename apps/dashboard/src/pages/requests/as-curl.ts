import type { RequestLog } from '@keytrail/contracts';

/** A word for a POSIX shell: quoted, so that nothing in it is a command. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The request as a command that sends it again. The log holds neither host nor credential: both are left to whoever sends it. */
export function asCurl({ method, path, user_agent, origin, referer }: Pick<RequestLog, 'method' | 'path' | 'user_agent' | 'origin' | 'referer'>): string {
  const headers = [['User-Agent', user_agent], ['Origin', origin], ['Referer', referer]].filter(([, value]) => value !== '');
  return [`curl -X ${quoted(method)} "$HOST"${quoted(path)}`, ...headers.map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)}`), '  -H "Authorization: Bearer $KEY"'].join(' \\\n');
}
