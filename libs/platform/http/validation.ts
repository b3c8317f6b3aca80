import { StandardSchemaValidationPipe } from '@nestjs/common';
import { AppError } from '../errors.js';

type Path = readonly (PropertyKey | { key: PropertyKey })[];

const fieldOf = (path: Path | undefined) =>
  (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');

/** Checks bodies, queries and parameters against the schema their decorator names; 400 lists every field at once. */
export const validationPipe = () => new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => new AppError({
    code: 'invalid_request', status: 400, message: 'The request does not fit the schema of this route.',
    errors: issues.slice(0, 50).map((issue) => ({ field: fieldOf(issue.path), message: issue.message })),
  }),
});
