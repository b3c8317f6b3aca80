import type { ParsedLine } from './parse-body.js';
import type { NormaliseContext } from './row.js';

/** A line as it came, with where and when. */
export type RawLine = ParsedLine & Pick<NormaliseContext, 'receivedAt' | 'topic' | 'partition' | 'offset'>;
