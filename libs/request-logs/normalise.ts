import type { RequestLogLine } from '@keytrail/contracts';
import type { NormaliseContext, NormalisedLine } from './row.js';

/** Turns a validated line into the row to store, or says why it cannot be stored. */
export declare function normaliseLine(line: RequestLogLine, context: NormaliseContext): NormalisedLine;
