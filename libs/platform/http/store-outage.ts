/** What Node and the stores' clients say when a server is not there or goes away: sending again later can help. */
const OUTAGES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', '57P01', '57P02', '57P03']);
const SAYINGS = /^(?:Connection terminated|timeout exceeded when trying to connect|Timeout error\.|socket hang up)/;
const MOST_CAUSES = 5;

/** Whether an error, or what caused it, is that a store does not answer. */
export function isStoreOutage(error: unknown): boolean {
  let at = error;
  for (let depth = 0; depth < MOST_CAUSES && typeof at === 'object' && at !== null; depth += 1) {
    // By shape, not by class: errors of a built-in may come from another realm.
    const { code, message, errors, cause } = at as { code?: unknown; message?: unknown; errors?: unknown; cause?: unknown };
    if (OUTAGES.has(String(code)) || SAYINGS.test(String(message))) return true;
    at = Array.isArray(errors) ? errors[0] : cause;
  }
  return false;
}
