import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiError, adviceFor } from '../api/api-error.js';
import classes from './ui.module.css';

interface ErrorNoteProps {
  /** What did not work, in the reader's words. */
  title: string;
  /** null: there is nothing to say beyond the title. */
  error: unknown;
  /** What to do; by the kind of the error unless told. */
  advice?: string;
  onRetry?: () => void;
}

/** Says what did not work, why, and what to do about it. */
export function ErrorNote({ title, error, advice = adviceFor(error), onRetry }: ErrorNoteProps) {
  return (
    <div className={classes['error']} role="alert">
      <IconAlertTriangle size={18} aria-hidden />
      <div>
        <strong>{title}.</strong> {error !== null && (error instanceof Error ? error.message : 'Nobody knows why.')} {advice}
        {error instanceof ApiError && error.fields.length > 0 && (
          <ul>{error.fields.map(({ field, message }) => <li key={`${field} ${message}`}><code className="mono">{field}</code> {message}</li>)}</ul>
        )}
        {onRetry !== undefined && <div><Button size="compact-sm" variant="default" mt={8} onClick={onRetry}>Try again</Button></div>}
      </div>
    </div>
  );
}
