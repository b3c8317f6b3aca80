import { Severity } from '@keytrail/contracts';
import { z } from 'zod';

/** Which incidents the queue shows; it stands in the address. What does not fit is left out, so that old links work. */
export const IncidentsSearch = z.object({
  show: z.enum(['waiting', 'contained', 'closed', 'all']).optional().catch(undefined),
  severity: Severity.optional().catch(undefined),
  workspace: z.string().optional().catch(undefined),
});
export type IncidentsSearch = z.infer<typeof IncidentsSearch>;

/** States that each view asks for; the first is shown unless told. */
export const views = {
  waiting: { label: 'Waiting', states: 'open,acknowledged' },
  contained: { label: 'Contained', states: 'contained' },
  closed: { label: 'Closed', states: 'resolved,false_positive' },
  all: { label: 'All', states: undefined },
} as const;
