import type { IncidentState } from '@keytrail/contracts';

/** Where a person may take an incident from each state. Containing is not said, it is done: by revoking a key of the incident. */
const allowed: Record<IncidentState, readonly IncidentState[]> = {
  open: ['acknowledged', 'resolved', 'false_positive'],
  acknowledged: ['resolved', 'false_positive', 'open'],
  contained: ['acknowledged', 'resolved', 'false_positive', 'open'],
  resolved: ['open'],
  false_positive: ['open'],
};

export const mayMove = (from: IncidentState, to: IncidentState): boolean => allowed[from].includes(to);
