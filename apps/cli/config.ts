import { z } from 'zod';

/** A mistake in how the command was called; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const Settings = z.object({
  KEYTRAIL_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).default('http://127.0.0.1:8080'),
  KEYTRAIL_TOKEN: z.string({ error: 'is needed: set it in the environment, or pass --token' }).min(1, 'must not be empty'),
});

export interface ServerConfig {
  baseUrl: string;
  token: string;
}

/** Where the server is and who we are: flags first, then the environment. Throws `UsageError` with all that is wrong. */
export function readConfig(flags: { url?: string | undefined; token?: string | undefined }, env: NodeJS.ProcessEnv = process.env): ServerConfig {
  const result = Settings.safeParse({ KEYTRAIL_URL: flags.url ?? (env.KEYTRAIL_URL || undefined), KEYTRAIL_TOKEN: flags.token ?? (env.KEYTRAIL_TOKEN || undefined) });
  if (!result.success) throw new UsageError(result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n'));
  return { baseUrl: result.data.KEYTRAIL_URL, token: result.data.KEYTRAIL_TOKEN };
}
