import { distinct } from './rules/activity.js';
import { memo } from './rules/memo.js';
import { networkOf } from './rules/network.js';
import type { CallerActivity } from './types.js';

/** What a key usually does; JSON, at most some 5 kB. Times are epoch milliseconds of the requests' own clock. */
export interface KeyHabits {
  first: number;
  /** Last call, to the hour: a key that is always in use is not written down all the time. */
  last: number;
  /** Calls up to the last time this was written down. */
  requests: number;
  /** Templates; at most 60. `is_full`: there are more. */
  routes: string[];
  is_full: boolean;
  methods: string[];
  /** When a route or method was last new. */
  last_new: number;
  has_written: boolean;
  runtimes: RuntimeUse[];
  /** Gateways that its last calls came through; at most 8. Absent in what an older version stored. */
  nodes?: string[];
}

/** A service that uses a key: where it last called from, and when. */
export interface RuntimeUse { name: string; network: string; at: number }
export type RuntimesAtOnce = readonly RuntimeUse[];

/** What a key did for the first time, beside what it was known for until then. */
export interface HabitNews {
  /** Epoch milliseconds: of the first of the calls, and of the key's first call ever. */
  at: number;
  first: number;
  requests: number;
  known_routes: number;
  is_full: boolean;
  last_new: number;
  routes: readonly string[];
  /** Those routes as the groups spell them. */
  groups_with: ReadonlySet<string>;
  methods: readonly string[];
  first_write: boolean;
}

export interface Observed {
  habits: KeyHabits;
  news: HabitNews;
  /** Last call before, to the hour; null = there was none. */
  last_used: number | null;
  /** More than one service within the hour, each from another network; else empty. */
  runtimes: RuntimesAtOnce;
  /** Whether it is worth writing down. */
  changed: boolean;
}

const MOST_ROUTES = 60;
const MOST_METHODS = 20;
const MOST_RUNTIMES = 8;
const HOUR = 3_600_000;

/** What one key did since the last time, put beside its habits, which are changed in place or made anew. */
export function observe(before: KeyHabits | undefined, activity: readonly CallerActivity[]): Observed {
  return (before !== undefined && observeFamiliar(before, activity)) || observeAll(before, activity);
}

/** What nearly all activity is: nothing of it is new to the key. Undefined: something may be. */
function observeFamiliar(known: KeyHabits, activity: readonly CallerActivity[]): Observed | undefined {
  let from = Infinity;
  let to = -Infinity;
  let requests = 0;
  const lastNode = activity.at(-1)!.nodes;
  for (const group of activity) {
    if (group.first_time < from) from = group.first_time;
    if (group.last_time > to) to = group.last_time;
    if (!isAmong(group.nodes, lastNode)) return undefined;
    if (group.outcome === 'unauthorised') continue;
    requests += group.requests;
    for (const method of group.methods) if (method !== '' && !known.methods.includes(method)) return undefined;
    for (const route of group.routes) if (route !== '' && !known.routes.includes(templateOf(route))) return undefined;
    const name = group.address === '' ? '' : runtimeName(group);
    if (name !== '' && !known.runtimes.some((use) => use.name === name && group.last_time - use.at < HOUR / 2)) return undefined;
  }
  if (known.nodes === undefined || known.nodes.length !== lastNode.length || !isAmong(lastNode, known.nodes)) return undefined;
  const { first, last } = known;
  const news = {
    at: from, first, requests: known.requests, known_routes: known.routes.length, is_full: known.is_full, last_new: known.last_new,
    routes: NONE, groups_with: NO_GROUPS, methods: NONE, first_write: false,
  };
  // In place: a hundred thousand new objects a tick would be as many to collect.
  known.requests += requests;
  if (from < first) known.first = from;
  if (to - last >= HOUR) known.last = to;
  return { habits: known, news, last_used: last, runtimes: known.runtimes.length < 2 ? NO_RUNTIMES : atOnce(known.runtimes, to), changed: to - last >= HOUR };
}

const NONE: readonly string[] = [];
const NO_GROUPS: ReadonlySet<string> = new Set();
const NO_RUNTIMES: RuntimesAtOnce = [];

const isAmong = (some: readonly string[], all: readonly string[]): boolean => {
  for (const one of some) if (!all.includes(one)) return false;
  return true;
};

function observeAll(before: KeyHabits | undefined, activity: readonly CallerActivity[]): Observed {
  // What was refused as unauthorised says nothing of what the key's holders do.
  const calls = activity.filter((group) => group.outcome !== 'unauthorised');
  const from = activity.reduce((first, group) => Math.min(first, group.first_time), Infinity);
  const to = activity.reduce((last, group) => Math.max(last, group.last_time), -Infinity);
  const known: KeyHabits = before ?? {
    first: from, last: from, requests: 0, routes: [], is_full: false, methods: [], last_new: from, has_written: false, runtimes: [],
  };
  const spelled = new Map<string, string[]>();
  for (const route of distinct(calls.flatMap((group) => group.routes))) {
    const template = templateOf(route);
    spelled.set(template, [...spelled.get(template) ?? [], route]);
  }
  const routes = [...spelled.keys()].filter((template) => !known.routes.includes(template));
  const methods = distinct(calls.flatMap((group) => group.methods)).filter((method) => !known.methods.includes(method));
  const writes = methods.some(isWrite);
  const runtimes = withRuntimes(known.runtimes, calls);
  const isNew = routes.length > 0 || methods.length > 0;
  const runtimeNames = (uses: readonly RuntimeUse[]) => uses.map(({ name, network }) => `${name} ${network}`).join();
  const changed = before === undefined || (isNew && !known.is_full) || to - known.last >= HOUR || runtimeNames(runtimes) !== runtimeNames(known.runtimes);
  return {
    habits: {
      first: Math.min(known.first, from), last: to - known.last >= HOUR || before === undefined ? Math.max(known.last, to) : known.last,
      requests: known.requests + calls.reduce((sum, group) => sum + group.requests, 0),
      routes: [...known.routes, ...routes].slice(0, MOST_ROUTES), is_full: known.is_full || known.routes.length + routes.length > MOST_ROUTES,
      methods: [...known.methods, ...methods].slice(0, MOST_METHODS), last_new: isNew ? Math.max(known.last_new, to) : known.last_new,
      has_written: known.has_written || writes, runtimes, nodes: lastNodes(known.nodes, activity),
    },
    news: {
      at: from, first: known.first, requests: known.requests, known_routes: known.routes.length, is_full: known.is_full, last_new: known.last_new, routes,
      groups_with: new Set(routes.flatMap((template) => spelled.get(template)!)), methods, first_write: writes && !known.has_written && known.methods.length > 0,
    },
    last_used: before === undefined ? null : known.last,
    runtimes: atOnce(runtimes, to),
    changed,
  };
}

/** Ids in paths are no routes: numbers, UUIDs, hex and other long words with digits in them. */
export const templateOf: (route: string) => string = memo((route) => route.split('/')
  .map((part) => (/^\d+$/.test(part) || /^[0-9a-f-]{16,}$/i.test(part) || (/\d.*\d.*\d/.test(part) && part.length >= 12 && !part.includes('.')) || /^[a-z]{1,8}_[0-9A-Za-z]{4,}$/.test(part) && /\d/.test(part) ? '{}' : part))
  .join('/').replace(/\{[^}]*\}/g, '{}'));

const READS = /^(?:GET|HEAD|OPTIONS|TRACE|Get|List|Describe|Head|Lookup|Search|Query|Scan|Batch[GD]e[ts]|Select|View|Check|Test|Preview|Download)/;

/** HTTP methods, and operations as clouds name them (`ListBuckets`). */
export const isWrite = (method: string): boolean => !READS.test(method) && !/^(?:get|head|options|list|describe)/i.test(method);

/** Libraries and tools by which services call; which service it is, they do not say. */
const LIBRARY = /^(?:python|go-http|okhttp|axios|node|undici|got|java|jakarta|apache|curl|wget|httpie|postman|insomnia|ruby|faraday|rest-client|guzzle|php|aiohttp|httpx|requests|urllib|reqwest|hyper|dart|dotnet|restsharp|mozilla|opera|aws-|boto|botocore|kube|envoy|nginx|haproxy|cfnetwork|dalvik|powershell|libwww|lwp|perl|ktor|netty|vert|grpc|feign|unirest|jersey|asynchttp|scalaj|sttp|typhoeus|mechanize|elastic|prometheus|uptime|pingdom|datadog|statuscake|google|amazon|elb|http)/i;

/** What calls: the runtime that the log names, else the product of the user agent; '' when that is a library. */
export function runtimeName({ signs, user_agent }: Pick<CallerActivity, 'signs' | 'user_agent'>): string {
  const named = signs.find((sign) => sign.startsWith('runtime:'));
  // Instances of one service differ in what follows: `orders-7c9f8d-x2x1v`, `orders:1.4`.
  if (named !== undefined) return named.slice('runtime:'.length).replace(/[-_.:/@][0-9a-z]*\d[0-9a-z-]*$/i, '').toLowerCase();
  return productOf(user_agent);
}

const productOf = memo((userAgent) => {
  const product = /^([A-Za-z][\w.-]{2,40})\/\d/.exec(userAgent)?.[1] ?? '';
  return LIBRARY.test(product) ? '' : product.toLowerCase();
});

function withRuntimes(known: readonly RuntimeUse[], calls: readonly CallerActivity[]): RuntimeUse[] {
  const uses = new Map(known.map((use) => [use.name, use]));
  for (const group of calls) {
    const name = runtimeName(group);
    const last = uses.get(name);
    // To the half hour, so that what goes on all the time is not written down all the time.
    if (name === '' || group.address === '' || (last !== undefined && group.last_time - last.at < HOUR / 2)) continue;
    uses.delete(name);
    uses.set(name, { name, network: networkOf(group.address), at: group.last_time });
  }
  return [...uses.values()].slice(-MOST_RUNTIMES);
}

function lastNodes(known: string[] | undefined, activity: readonly CallerActivity[]): string[] {
  const nodes = activity.at(-1)!.nodes;
  const last = activity.length === 1 ? nodes : [...new Set(activity.filter(({ minute }) => minute >= activity.at(-1)!.minute - 1).flatMap((group) => group.nodes))];
  return known !== undefined && known.length === last.length && last.every((node) => known.includes(node)) ? known : last.slice(0, 8);
}

function atOnce(uses: readonly RuntimeUse[], now: number): RuntimesAtOnce {
  const recent = uses.filter(({ at }) => Math.abs(now - at) <= HOUR);
  const apart = new Map(recent.map((use) => [use.network, use]));
  return apart.size < 2 ? [] : [...apart.values()];
}
