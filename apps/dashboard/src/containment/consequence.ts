import type { BlastRadius } from '@keytrail/contracts';

const counted = (count: number, noun: string): string => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** What a revocation does to whom, in plain words; the most important first. */
export function consequences({ callers_total, volume, tenants, shared_with }: Pick<BlastRadius, 'callers_total' | 'volume' | 'tenants' | 'shared_with'>): string[] {
  const told: string[] = [];
  if (callers_total === 0) told.push('Nobody used this key within 30 days: nothing breaks that is known.');
  else if (volume.last_24h === 0) told.push(`Nobody used this key today; ${counted(callers_total, 'caller')} did within 30 days and will be refused when they come back.`);
  else told.push(`${counted(callers_total, 'caller')} will be refused from their next call on, until they have the new key; together they made ${counted(volume.last_24h, 'request')} in the last 24 hours.`);
  if (tenants.length > 1) told.push(`Requests of ${counted(tenants.length, 'tenant')} go through it.`);
  if (shared_with.length > 0) told.push(`The same callers hold ${counted(shared_with.length, 'other key')} of this owner: whoever stole one may hold the other.`);
  told.push('The old key cannot be brought back.');
  return told;
}
