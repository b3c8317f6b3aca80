import type { RequestLog } from '@keytrail/contracts';

/** What tells one row from others: request ids may come twice. */
export const nameOf = ({ request_id, time }: Pick<RequestLog, 'request_id' | 'time'>): string => `${request_id}@${time}`;
