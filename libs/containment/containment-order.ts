import type { ContainmentAction, HandOver, OnOverlapEnd } from '@keytrail/contracts';

/** What is to be done about a key. */
export interface ContainmentOrder {
  action: ContainmentAction;
  reason: string | null;
  incident_id?: string | undefined;
  hand_over: HandOver;
  /** Absent: the old key dies at once. */
  overlap?: { seconds: number; on_overlap_end: OnOverlapEnd; complete_when_safe: boolean } | undefined;
  bulk_id?: string | undefined;
}
