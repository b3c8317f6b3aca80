import {
  ApiKeyPage, Containment, ContainmentPage, Incident, IncidentPage, IntakeAccounts, OwnerList, PolicySummary, PublicKeyPage, RequestCounts, RequestLogPage, ServiceTokenPage, Session, SignInMethods, SigningKeyPage, WorkspaceKeyPage, WorkspaceList,
  type ApiKey, type IncidentQuery, type IssuedKind, type KeyState, type PublicKey, type ServiceToken, type SigningKey, type WorkspaceKey,
} from '@keytrail/contracts';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { kinds } from '../containment/kinds.js';
import { call, type Query } from './client.js';

/** What pages ask for. Keys begin with the noun, so that whatever hears of a change can say what to ask anew. */

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => call('/v1/session', Session, { signal }),
  staleTime: 60_000,
});

export const signInMethodsQuery = queryOptions({
  queryKey: ['sign-in-methods'],
  queryFn: ({ signal }) => call('/v1/session/methods', SignInMethods, { signal }),
  staleTime: Infinity,
});

export const workspacesQuery = queryOptions({
  queryKey: ['workspaces'],
  queryFn: ({ signal }) => call('/v1/workspaces', WorkspaceList, { signal }),
  staleTime: 60_000,
});

export const ownersQuery = queryOptions({
  queryKey: ['owners'],
  queryFn: ({ signal }) => call('/v1/owners', OwnerList, { signal }),
  staleTime: 60_000,
});

export type IncidentFilter = Pick<Partial<IncidentQuery>, 'workspace' | 'state' | 'severity' | 'key_id'>;

export const incidentsQuery = (filter: IncidentFilter) => infiniteQueryOptions({
  queryKey: ['incidents', filter],
  queryFn: ({ signal, pageParam }) => call('/v1/incidents', IncidentPage, { query: { ...filter, limit: 100, cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
});

export const incidentQuery = (incidentId: string) => queryOptions({
  queryKey: ['incident', incidentId],
  queryFn: ({ signal }) => call(`/v1/incidents/${encodeURIComponent(incidentId)}`, Incident, { signal }),
});

export const containmentsQuery = (incidentId: string) => queryOptions({
  queryKey: ['containments', { incident_id: incidentId }],
  queryFn: ({ signal }) => call('/v1/containments', ContainmentPage, { query: { incident_id: incidentId, limit: 50 }, signal }),
});

/** Proof and recovery come from request logs, which no stream tells of: it is asked for again while they are awaited. */
export const containmentQuery = (containmentId: string) => queryOptions({
  queryKey: ['containment', containmentId],
  queryFn: ({ signal }) => call(`/v1/containments/${encodeURIComponent(containmentId)}`, Containment, { signal }),
  refetchInterval: ({ state: { data } }) => (data !== undefined && isSettled(data) ? 15_000 : 2_000),
});

const isSettled = ({ overlap, proof, recovery }: Containment): boolean => overlap === null && proof?.verdict === 'proven' && recovery?.recovered === true;

/** The latest, for the palette. */
export const recentIncidentsQuery = queryOptions({
  queryKey: ['incidents', 'recent'],
  queryFn: ({ signal }) => call('/v1/incidents', IncidentPage, { query: { limit: 30 }, signal }),
});

/** How many wait for somebody; 100 stands for more than 99. */
export const openIncidentsQuery = queryOptions({
  queryKey: ['incidents', 'open'],
  queryFn: async ({ signal }) => (await call('/v1/incidents', IncidentPage, { query: { state: 'open', limit: 100 }, signal })).data.length,
});

export const requestsQuery = (asked: Query) => infiniteQueryOptions({
  queryKey: ['requests', asked],
  queryFn: ({ signal, pageParam }) => call('/v1/request-logs', RequestLogPage, { query: { ...asked, limit: 500, cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  // Logs do not change, and what was read stays as it is shown until somebody asks anew.
  staleTime: 30_000, refetchOnWindowFocus: false,
});

export const requestCountsQuery = (asked: Query) => queryOptions({
  queryKey: ['request-counts', asked],
  queryFn: ({ signal }) => call('/v1/request-counts', RequestCounts, { query: asked, signal }),
  staleTime: 30_000, refetchOnWindowFocus: false, placeholderData: keepPreviousData,
});

export type ListedKey = ApiKey | ServiceToken | WorkspaceKey | PublicKey | SigningKey;
const keyPages = { api_key: ApiKeyPage, service_token: ServiceTokenPage, workspace_key: WorkspaceKeyPage, public_key: PublicKeyPage, signing_key: SigningKeyPage };
const MOST_KEYS = 10_000;

/** All keys of a kind, page after page; 10,000 at most. */
export const keysQuery = (kind: IssuedKind, filter: { state?: KeyState | undefined }) => queryOptions({
  queryKey: ['keys', kind, filter],
  async queryFn({ signal }): Promise<ListedKey[]> {
    const keys: ListedKey[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await call<{ data: ListedKey[]; next_cursor: string | null }>(`/v1/${kinds[kind].path}`, keyPages[kind], { query: { ...filter, limit: 1_000, cursor: cursor ?? undefined }, signal });
      keys.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null && keys.length < MOST_KEYS);
    return keys;
  },
  staleTime: 30_000,
});

/** Incidents that are not closed nor contained; the latest 200. */
export const waitingIncidentsQuery = queryOptions({
  queryKey: ['incidents', 'waiting'],
  queryFn: async ({ signal }) => (await call('/v1/incidents', IncidentPage, { query: { state: 'open,acknowledged', limit: 200 }, signal })).data,
});

export const policySummaryQuery = queryOptions({
  queryKey: ['policy-summary'],
  queryFn: ({ signal }) => call('/v1/policy-violations/summary', PolicySummary, { signal }),
  staleTime: 60_000,
});

export const intakeAccountsQuery = queryOptions({
  queryKey: ['intake-accounts'],
  queryFn: ({ signal }) => call('/v1/intake-accounts', IntakeAccounts, { signal }),
});
