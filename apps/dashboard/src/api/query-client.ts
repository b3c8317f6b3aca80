import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, ConnectionError } from './api-error.js';

/** A refusal stays one however often it is asked for; a server that is away comes back. */
const isWorthAnotherTry = (error: unknown): boolean => error instanceof ConnectionError || (error instanceof ApiError && error.status === 503);

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError(error, query) {
      // The session has ended: whoever looks on is asked to sign in, at the same address.
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== 'session') void queryClient.resetQueries({ queryKey: ['session'] });
    },
  }),
  defaultOptions: {
    queries: { retry: (count, error) => count < 5 && isWorthAnotherTry(error), retryDelay: (count) => Math.min(500 * 2 ** count, 5_000), staleTime: 5_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
