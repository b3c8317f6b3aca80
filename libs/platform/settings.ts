import type { z } from 'zod';

/** Every setting that could not be used, reported together. */
export class SettingsError extends Error {
  constructor(readonly problems: string[]) {
    super(`Settings that cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

/**
 * Reads settings from an environment through one schema. Empty variables count as unset. Throws a {@link SettingsError} that lists
 * every problem at once; values are never repeated, they may be secrets.
 */
export function readSettings<T extends z.ZodType>(schema: T, env: Record<string, string | undefined>): z.infer<T> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(set);
  if (result.success) return result.data;
  throw new SettingsError(result.error.issues.map((issue) => {
    const isMissing = issue.code === 'invalid_type' && set[String(issue.path[0])] === undefined;
    return `${issue.path.join('.') || '(settings)'}: ${isMissing ? 'must be set' : issue.message}`;
  }));
}
