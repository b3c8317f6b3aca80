import { Command } from 'commander';
import { RewrapResult } from '@keytrail/contracts';
import { createApiClient } from '@keytrail/demo';
import { readConfig } from '../config.js';
import type { CliIo } from '../io.js';
import { serverOptions, type ServerFlags } from './server-options.js';

/** What one call encrypts anew: a transaction of a second or so. */
const SECRETS_A_CALL = 1_000;

/** `keytrail secrets`: the secrets of workspace keys, which are kept encrypted. Nothing shows them. */
export function secretsCommand(io: CliIo, done: (exitCode: number) => void): Command {
  const rewrap = serverOptions(new Command('rewrap'))
    .description('encrypt the secrets of workspace keys anew under the newest wrapping key; exit code 1: some are left, which another call holds at the moment')
    .action(async (flags: ServerFlags) => {
      const client = createApiClient(readConfig(flags));
      const call = () => client.request('POST', '/v1/workspace-secrets/rewrap', RewrapResult, { json: { limit: SECRETS_A_CALL }, signal: io.signal });
      let result = await call();
      let rewrapped = result.rewrapped;
      while (result.remaining > 0 && result.rewrapped > 0) {
        result = await call();
        rewrapped += result.rewrapped;
      }
      io.stdout.write(`${rewrapped} encrypted anew under version ${result.version}, ${result.remaining} left\n`);
      done(result.remaining === 0 ? 0 : 1);
    });
  return new Command('secrets').description('secrets of workspace keys, which are kept encrypted').addCommand(rewrap);
}
