import type { HabitNews } from '../habits.js';
import type { KeyInput, Rule } from '../types.js';
import { plural } from './activity.js';
import { keyDraft, named } from './draft.js';

export interface NewRouteInput extends KeyInput {
  /** What the key did for the first time, and what it is known for. */
  news: HabitNews;
}

export interface NewRouteSettings {
  min_history_days: number;
  min_requests: number;
  /** A key with more routes goes about: a new one says nothing. */
  max_known_routes: number;
  /** Nor does it while the key is still learnt: days since its last new route. */
  settled_days: number;
}

const DAY = 86_400_000;

export const newRoute: Rule<NewRouteInput, NewRouteSettings> = {
  id: 'new-route',
  title: 'Key did something it never did',
  severity: 'low',
  fires: 'a key that is known for a week and 500 requests, and had no new route for 3 days, called a route or used a method it never did; medium when a key that only read begins to write',
  why: 'A service calls the same few routes for months. Who finds its key looks round first.',
  response: 'Ask the owner whether a release brought it. If not, look at what else the caller did.',
  false_positives: 'A release of the service. A low finding therefore opens no incident by itself; it joins one about the same key or caller.',
  attack: 'T1526 Cloud Service Discovery',
  fields: ['key_id', 'route (or path)', 'method'],
  incident: 'joins',
  settings: { min_history_days: 7, min_requests: 500, max_known_routes: 30, settled_days: 3 },
  decide(input, settings) {
    const { news, activity } = input;
    const isKnown = news.at - news.first >= settings.min_history_days * DAY && news.requests >= settings.min_requests;
    const isSettled = !news.is_full && news.known_routes <= settings.max_known_routes && news.at - news.last_new >= settings.settled_days * DAY;
    if (!isKnown || !isSettled || (news.routes.length === 0 && news.methods.length === 0)) return [];
    const groups = activity.filter((group) => group.routes.some((route) => news.groups_with.has(route)) || group.methods.some((method) => news.methods.includes(method)));
    if (groups.length === 0) return [];
    const what = [
      ...(news.routes.length > 0 ? [`${plural(news.routes.length, 'new route')} (${named(news.routes)})`] : []),
      ...(news.methods.length > 0 ? [`${plural(news.methods.length, 'new method')} (${named(news.methods)})`] : []),
    ];
    return [keyDraft(newRoute, input, groups, {
      severity: news.first_write ? 'medium' : 'low',
      title: news.first_write ? 'A key that only read begins to write' : newRoute.title,
      summary: `${what.join(' and ')} after ${news.requests} requests on ${plural(news.known_routes, 'route')}${news.first_write ? '; it never wrote before' : ''}`,
      counts: { new_routes: news.routes.length, new_methods: news.methods.length, known_routes: news.known_routes },
    })];
  },
};
