import type { Command } from 'commander';

export interface ServerFlags {
  url?: string;
  token?: string;
}

/** The options of every command that speaks to a server. */
export function serverOptions(command: Command): Command {
  return command
    .option('--url <url>', 'address of Keytrail (environment: KEYTRAIL_URL; default http://127.0.0.1:8080)')
    .option('--token <token>', 'access token; other users of this machine see it here, so rather set KEYTRAIL_TOKEN');
}
