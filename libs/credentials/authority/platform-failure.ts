import { AppError } from '@keytrail/platform';

/** What may have come of a call that failed. `none`: the platform did nothing. `unknown`: it may have done it, or do it yet. */
export type Effect = 'none' | 'unknown';

export type PlatformFailureCode =
  | 'unreachable' | 'timed_out' | 'connection_lost' | 'failed' | 'refused' | 'unauthorised' | 'too_many_requests' | 'redirected' | 'not_found'
  | 'answer_too_large' | 'answer_not_understood' | 'not_revoked' | 'too_many_keys' | 'not_configured';

const SAYINGS: Record<PlatformFailureCode, string> = {
  unreachable: 'cannot be reached', timed_out: 'did not answer in time', connection_lost: 'ended the connection before it answered', failed: 'failed',
  refused: 'refused the call', unauthorised: 'does not accept the token that is configured, or not for this', too_many_requests: 'asks for fewer calls',
  redirected: 'answered with a redirection, which is not followed', not_found: 'knows no such key', answer_too_large: 'answered with more than is read',
  answer_not_understood: 'answered with something that is not a key', not_revoked: 'says that the key still lives', too_many_keys: 'has more keys than are read',
  not_configured: 'is not configured in this process',
};

/** A call to the key platform that failed. It repeats nothing of what the platform said: that may hold a secret. */
export class PlatformFailure extends AppError {
  /** `answered`: the platform is done with the call, for better or worse. */
  constructor(readonly reason: PlatformFailureCode, readonly effect: Effect, readonly answered: boolean, private readonly answer?: number) {
    const doubt = effect === 'unknown' ? ' What was asked of it may have been done.' : '';
    super({
      code: `key_platform_${reason}`, status: reason === 'not_configured' ? 503 : 502,
      message: `The key platform ${SAYINGS[reason]}${answer === undefined ? '' : ` (${answer})`}.${doubt}`,
    });
    this.name = 'PlatformFailure';
  }

  /** The same, of a call that may have been heard before. */
  inDoubt(): PlatformFailure {
    return this.effect === 'unknown' ? this : new PlatformFailure(this.reason, 'unknown', this.answered, this.answer);
  }
}

/**
 * What an answer of the platform without success means. An answer below 500 is a word: nothing was done; but for a redirection, which often
 * follows what was done, and a conflict, which may be with the same call that came before.
 */
export function failureOfStatus(status: number): PlatformFailure {
  if (status >= 500) return new PlatformFailure('failed', 'unknown', true, status);
  if (status >= 300 && status < 400) return new PlatformFailure('redirected', 'unknown', true, status);
  if (status === 401 || status === 403) return new PlatformFailure('unauthorised', 'none', true, status);
  if (status === 404 || status === 410) return new PlatformFailure('not_found', 'none', true, status);
  if (status === 429) return new PlatformFailure('too_many_requests', 'none', true, status);
  if (status === 409 || status === 425) return new PlatformFailure('refused', 'unknown', true, status);
  // The server gave up on a request that it may have begun.
  if (status === 408) return new PlatformFailure('timed_out', 'unknown', true, status);
  return new PlatformFailure('refused', 'none', true, status);
}

/** Errors of connecting: nothing was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** What an error of the connection means. */
export function failureOfConnection(error: unknown): PlatformFailure {
  const { name, cause } = (typeof error === 'object' && error !== null ? error : {}) as { name?: unknown; cause?: unknown };
  if (name === 'TimeoutError' || name === 'AbortError') return new PlatformFailure('timed_out', 'unknown', false);
  const code = typeof cause === 'object' && cause !== null ? String((cause as { code?: unknown }).code) : '';
  const isCertificate = code.includes('CERT') || code.startsWith('ERR_TLS') || code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
  return NEVER_SENT.has(code) || isCertificate ? new PlatformFailure('unreachable', 'none', false) : new PlatformFailure('connection_lost', 'unknown', false);
}

/** Whether the same call can be made again at once, where it is one that changes nothing twice. */
export const isWorthRepeating = ({ reason }: PlatformFailure): boolean => ['unreachable', 'connection_lost', 'failed'].includes(reason);
