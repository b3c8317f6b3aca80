/** One log entry of a file, or what is wrong with that place. */
export type Entry = EntryText | EntryError;

/** Where an entry stands: its first line in the file, counted from 1; in a JSON document also its place in the list. */
export interface Place {
  line: number;
  item?: number;
}

export interface EntryText extends Place {
  /** The entry as one line of JSON text, without the line break. */
  bytes: Buffer;
}

export interface EntryError extends Place {
  code: 'line_too_long' | 'document_cut_short';
  reason: string;
}

export const isText = (entry: Entry): entry is EntryText => 'bytes' in entry;

export const tooLong = (place: Place, max: number): EntryError =>
  ({ ...place, code: 'line_too_long', reason: `longer than ${max} bytes; not sent` });
