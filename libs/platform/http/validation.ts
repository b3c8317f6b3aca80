import { StandardSchemaValidationPipe } from '@nestjs/common';
import { AppError, type FieldError } from '../errors.js';

type Path = readonly (PropertyKey | { key: PropertyKey })[];

const fieldOf = (path: Path | undefined) =>
  (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');

interface Issue {
  path?: Path | undefined;
  message: string;
}

const LONGEST_NAME = 100;

/** Zod names fields that a schema does not know beside the path. */
function errorsOf(issue: Issue): FieldError[] {
  const { keys } = issue as { keys?: unknown };
  if (!Array.isArray(keys)) return [{ field: fieldOf(issue.path), message: issue.message }];
  return keys.map((key) => ({ field: fieldOf([...issue.path ?? [], String(key).slice(0, LONGEST_NAME)]), message: 'is not known here' }));
}

/** Checks bodies, queries and parameters against the schema their decorator names; 400 lists every field at once. */
export const validationPipe = () => new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => new AppError({
    code: 'invalid_request', status: 400, message: 'The request does not fit the schema of this route.',
    errors: issues.flatMap(errorsOf).slice(0, 50),
  }),
});
