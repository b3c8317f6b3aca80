/** What Node and the stores' clients say when a server is not there or goes away: sending again later can help. */
const OUTAGES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', '57P01', '57P02', '57P03']);
const SAYINGS = /^(?:Connection terminated|timeout exceeded when trying to connect|Timeout error\.|socket hang up)/;
const MOST_CAUSES = 5;

/** Whether an error, or what caused it, is that a store does not answer. */
export function isStoreOutage(error: unknown): boolean {
  let at = error;
  for (let depth = 0; depth < MOST_CAUSES && at instanceof Error; depth += 1) {
    if (OUTAGES.has(String((at as NodeJS.ErrnoException).code)) || SAYINGS.test(at.message)) return true;
    const several = (at as AggregateError).errors as unknown;
    at = Array.isArray(several) ? several[0] : at.cause;
  }
  return false;
}
