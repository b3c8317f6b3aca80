/** An insert of request logs, as detection hears of it. */
export interface ArrivedBatch {
  batch_id: string;
  /** Epoch milliseconds. */
  ingested_at: number;
  groups: number;
}
