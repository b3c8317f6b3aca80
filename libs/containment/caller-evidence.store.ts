import { Injectable } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import type { CallerEvidence, NodeEvidence } from './caller-evidence.js';
import { BOUNDED, NETWORK, boundTo, within } from './caller-sql.js';

/** Callers that are told one by one. */
export const MOST_CALLERS = 500;

/** How far back a key's callers are its callers. */
export const LOOK_BACK_MS = 7 * 86_400_000;

export interface EvidenceQuestion {
  old_key: string;
  /** The successor, and what replaced it since. */
  new_keys: readonly string[];
  /** Where the requests of the keys are; null = everywhere. */
  workspaces: readonly string[] | null;
  /** Epoch milliseconds: since when both keys live, or since when the old one is revoked. */
  since: number;
}

const ACCEPTED = "outcome = 'authorised'";
const REFUSED = "outcome IN ('unauthorised', 'forbidden')";
const AFTER = "time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')";
const OLD = 'key_id = {old_key:String}';
const epochMs = (aggregate: string, condition: string, name: string) =>
  `if(countIf(${condition}) = 0, NULL, toUnixTimestamp64Milli(${aggregate}If(time, ${condition}))) AS ${name}`;

/** What request logs tell of the callers of a key and of the gateways that served it. */
@Injectable()
export class CallerEvidenceStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  /** Callers of the old key and of its successors, those with most requests before first. */
  async callers(question: EvidenceQuestion): Promise<{ callers: CallerEvidence[]; complete: boolean }> {
    const [oldAfter, newAfter] = [`${OLD} AND ${AFTER}`, `NOT (${OLD}) AND ${AFTER}`];
    const rows = await this.clickhouse.select<CallerEvidence>(
      `SELECT network, user_agent, countIf(${OLD} AND NOT (${AFTER})) AS before, ${epochMs('max', `${OLD} AND NOT (${AFTER})`, 'last_before')},
        countIf(${oldAfter} AND ${ACCEPTED}) AS old_accepted, countIf(${oldAfter} AND ${REFUSED}) AS old_refused,
        ${epochMs('min', `${oldAfter} AND ${REFUSED}`, 'first_old_refused')}, ${epochMs('max', oldAfter, 'last_old')},
        countIf(${newAfter} AND ${ACCEPTED}) AS new_accepted, ${epochMs('min', `${newAfter} AND ${ACCEPTED}`, 'first_new_accepted')},
        ${epochMs('max', `${newAfter} AND ${ACCEPTED}`, 'last_new_accepted')}, countIf(${newAfter} AND ${REFUSED}) AS new_refused,
        ${epochMs('min', `${newAfter} AND ${REFUSED}`, 'first_new_refused')}, ${epochMs('max', `${newAfter} AND ${REFUSED}`, 'last_new_refused')}
      FROM (SELECT CAST(address, 'String') AS address, ${NETWORK} AS network, CAST(user_agent, 'String') AS user_agent, key_id, time, CAST(outcome, 'String') AS outcome
        FROM request_logs WHERE ${within(question.workspaces)}key_id IN {keys:Array(String)} AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
      GROUP BY network, user_agent ORDER BY before DESC, last_old DESC, network, user_agent LIMIT ${MOST_CALLERS + 1} ${BOUNDED}`,
      { ...this.params(question), keys: [question.old_key, ...question.new_keys] });
    return { callers: rows.slice(0, MOST_CALLERS), complete: rows.length <= MOST_CALLERS };
  }

  /** Gateway nodes that saw the old key. */
  async nodes(question: EvidenceQuestion): Promise<NodeEvidence[]> {
    return this.clickhouse.select<NodeEvidence>(
      `SELECT gateway_node, ${epochMs('max', `${ACCEPTED} AND NOT (${AFTER})`, 'last_accepted')}, countIf(${ACCEPTED} AND ${AFTER}) AS accepted_after,
        ${epochMs('max', `${ACCEPTED} AND ${AFTER}`, 'last_accepted_after')}, countIf(outcome = 'error' AND ${AFTER}) AS errors_after,
        countIf(${REFUSED} AND ${AFTER}) AS refused_after, ${epochMs('min', `${REFUSED} AND ${AFTER}`, 'first_refusal')}
      FROM (SELECT CAST(gateway_node, 'String') AS gateway_node, time, CAST(outcome, 'String') AS outcome FROM request_logs
        WHERE ${within(question.workspaces)}${OLD} AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
      GROUP BY gateway_node ORDER BY gateway_node LIMIT 1000 ${BOUNDED}`, this.params(question));
  }

  private params({ old_key, workspaces, since }: EvidenceQuestion) {
    return { old_key, since, from: since - LOOK_BACK_MS, ...boundTo(workspaces) };
  }
}
