import type { AlertDelivery, AlertEvent, IncidentSummary } from '@keytrail/contracts';

/** A message as the receiver got it. */
export interface Arrived {
  id: string;
  text: string;
  event: AlertEvent;
}

type Sent = Pick<AlertDelivery, 'delivery_id' | 'incident_id' | 'change_ids'>;

/** What must never be found of what was sent and what arrived: one sentence each. */
export function violations(deliveries: readonly Sent[], arrived: readonly Arrived[], incidents: readonly Pick<IncidentSummary, 'incident_id' | 'state'>[]): string[] {
  const found: string[] = [];
  const firsts = new Map<string, Arrived>();
  for (const one of arrived) {
    const first = firsts.get(one.id);
    if (first === undefined) firsts.set(one.id, one);
    else if (first.text !== one.text) found.push(`${one.id} came again with other bytes`);
  }
  for (const { delivery_id } of deliveries) if (!firsts.has(delivery_id)) found.push(`${delivery_id} is noted as delivered and never arrived`);
  for (const id of firsts.keys()) if (!deliveries.some(({ delivery_id }) => delivery_id === id)) found.push(`${id} arrived and is noted nowhere`);
  for (const { incident_id, state } of incidents) {
    // What a receiver that remembers ids sees of the incident.
    const seen = [...firsts.values()].filter(({ event }) => event.data.incident.incident_id === incident_id);
    const changes = seen.flatMap(({ event }) => event.data.changes.map(({ change_id }) => change_id));
    if (new Set(changes).size !== changes.length) found.push(`${incident_id}: a change was told under two ids`);
    if (changes.some((change, index) => index > 0 && change < changes[index - 1]!)) found.push(`${incident_id}: changes were told out of order`);
    const opened = seen.flatMap(({ event }) => event.data.changes).filter(({ kind }) => kind === 'opened').length;
    if (opened !== 1) found.push(`${incident_id}: its opening was told ${opened} times`);
    const told = seen.at(-1)?.event.data.incident.state;
    if (told !== state) found.push(`${incident_id} is ${state}, and the last that was told is ${told ?? 'nothing'}`);
    const moves = seen.flatMap(({ event }) => event.data.changes).filter(({ kind }) => kind === 'state').length;
    const expected = { open: 0, acknowledged: 1, contained: 1, resolved: 2, false_positive: 1 }[state];
    if (moves !== expected) found.push(`${incident_id} is ${state} after ${moves} changes of state that were told`);
  }
  return found;
}
