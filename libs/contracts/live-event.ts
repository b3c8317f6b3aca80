import { z } from 'zod';
import { Finding, IncidentSummary } from './incident.js';
import { KeyEvent } from './key-event.js';
import { identifier, timestamp } from './text.js';

export const LiveEventType = z.enum(['incident', 'finding', 'key']).meta({ id: 'LiveEventType' });
export type LiveEventType = z.infer<typeof LiveEventType>;

const told = { position: z.number().int().describe('Grows from event to event, in the order of commits; there are gaps'), at: timestamp };

/** What happened, with what it happened to as it is when it is told: changes that come close together may be one event. */
export const LiveEvent = z.discriminatedUnion('type', [
  z.object({ ...told, type: z.literal('incident'), changes: z.array(z.enum(['opened', 'state', 'severity', 'owner', 'grown', 'note'])), incident: IncidentSummary }),
  z.object({ ...told, type: z.literal('finding'), changes: z.array(z.enum(['found', 'changed'])), finding: Finding }),
  z.object({ ...told, type: z.literal('key'), key: KeyEvent }),
]).meta({ id: 'LiveEvent' });
export type LiveEvent = z.infer<typeof LiveEvent>;

const type = LiveEventType.options.join('|');

export const LiveQuery = z.strictObject({
  types: z.string().regex(new RegExp(`^(?:${type})(?:,(?:${type}))*$`), `must be some of ${LiveEventType.options.join(', ')}, separated by commas`).optional()
    .describe('What to tell of, such as `incident,key`; absent: all that the caller may see'),
  workspace: identifier(64).optional(),
  cursor: z.string().min(1).max(512).optional()
    .describe('`next_cursor` of the page before, or the id of an event of the stream; `now` = what comes from now on. Absent: a page starts with the oldest event that is kept, a stream with now'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Changes a page looks at; it may hold fewer events'),
}).meta({ id: 'LiveQuery' });
export type LiveQuery = z.infer<typeof LiveQuery>;

export const LiveEventPage = z.object({
  data: z.array(LiveEvent).describe('Oldest first'),
  next_cursor: z.string().describe('Always there: ask with it for what comes later'),
  more: z.boolean().describe('There are further events already'),
}).meta({ id: 'LiveEventPage' });
export type LiveEventPage = z.infer<typeof LiveEventPage>;
