import { templateOf } from '../habits.js';
import type { KeyInput, Rule } from '../types.js';
import { plural } from './activity.js';
import { keyDraft } from './draft.js';

/** A path that a key called, without its query, and how often. */
export interface CalledPath { path: string; requests: number; not_found: number }

export interface ObjectEnumerationInput extends KeyInput {
  window_minutes: number;
  /** What the key called within the window, by the route that the gateway names; '' = it names none. */
  called: readonly { route: string; paths: readonly CalledPath[] }[];
  /** The most objects of one template that the key called in any such window of the days before; null = it has no such past. */
  usual: number | null;
}

export interface ObjectEnumerationSettings {
  window_minutes: number;
  min_objects: number;
  /** Times the most it ever did in such a window. */
  min_ratio: number;
  /** Share of ids, in percent, that follow one another: then somebody counts. */
  sequential_percent: number;
  /** Share of calls, in percent, to what is not there: then somebody guesses. */
  guessed_percent: number;
}

export const objectEnumeration: Rule<ObjectEnumerationInput, ObjectEnumerationSettings> = {
  id: 'object-enumeration',
  title: 'A key walks through many objects',
  severity: 'medium',
  fires: '50 or more objects of one route (ids in its path) were called with a key within 10 minutes, 4 times as many as it ever did in the week before; high when their ids count up or half of the calls met nothing. A key of less than a day only when they met nothing',
  why: 'Whoever wants all there is asks for one object after the other. A service asks for those that its users look at.',
  response: 'See whose objects they are and whether the caller is the usual one. Slow the key down or replace it, and check that the route asks whether the caller may see the object.',
  false_positives: 'A new export, migration or cleanup that goes through everything: the owner knows of it. One that runs every day is learnt.',
  attack: 'T1530 Data from Cloud Storage',
  fields: ['key_id', 'path with ids in it (a route alone does not tell objects apart)', 'status, for those that are not there'],
  incident: 'opens',
  settings: { window_minutes: 10, min_objects: 50, min_ratio: 4, sequential_percent: 80, guessed_percent: 50 },
  decide(input, settings) {
    if (input.activity.length === 0) return [];
    const walks = walksOf(input.called).filter(({ ids }) => ids.size >= settings.min_objects && ids.size >= settings.min_ratio * (input.usual ?? 0));
    const told = walks.map((walk) => {
      const requests = walk.paths.reduce((sum, path) => sum + path.requests, 0);
      const isGuessed = walk.paths.reduce((sum, path) => sum + path.not_found, 0) * 100 >= requests * settings.guessed_percent;
      const isSequential = sequentialShare(walk.ids) * 100 >= settings.sequential_percent;
      return { ...walk, requests, isGuessed, isSequential };
    }).filter(({ isGuessed }) => input.usual !== null || isGuessed).sort((a, b) => b.ids.size - a.ids.size);
    const [most] = told;
    if (most === undefined) return [];
    const manner = [...(most.isSequential ? ['one after the other'] : []), ...(most.isGuessed ? ['most of them not there'] : [])];
    return [keyDraft(objectEnumeration, input, input.activity, {
      severity: most.isSequential || most.isGuessed ? 'high' : 'medium',
      summary: `${most.ids.size} objects of ${most.template} within ${plural(input.window_minutes, 'minute')}${manner.length > 0 ? `, ${manner.join(', ')}` : ''}`
        + (input.usual === null ? '; the key is new' : `; it never called more than ${input.usual} in as long`),
      counts: { objects: most.ids.size, requests: most.requests, ...(input.usual !== null && { usual_objects: input.usual }) },
      evidence: { seen: most.ids.size, ...(input.usual !== null && { expected: input.usual }), window_minutes: input.window_minutes, score: most.ids.size },
    })];
  },
};

interface Walk { template: string; ids: Set<string>; paths: CalledPath[] }

/** Objects by template: of the gateway's route, else of the path with its ids taken out. What has no id in it is no object. */
export function walksOf(called: ObjectEnumerationInput['called']): Walk[] {
  const walks = new Map<string, Walk>();
  for (const { route, paths } of called) {
    for (const path of paths) {
      const template = templateOf(path.path);
      const ids = idsIn(path.path, template);
      if (ids === '') continue;
      const name = route === '' || !/[{:*<]/.test(route) ? template : route;
      const walk = walks.get(name) ?? { template: name, ids: new Set<string>(), paths: [] };
      walk.ids.add(ids);
      walk.paths.push(path);
      walks.set(name, walk);
    }
  }
  return [...walks.values()];
}

/** The parts of a path that its template leaves out. */
function idsIn(path: string, template: string): string {
  const places = template.split('/');
  return path.split('/').filter((_, at) => places[at] === '{}').join('/');
}

/** Of ids that are numbers (the last part of them), how many follow another one: 0 to 1. */
function sequentialShare(ids: ReadonlySet<string>): number {
  const numbers = new Set<number>();
  for (const id of ids) {
    const last = id.slice(id.lastIndexOf('/') + 1);
    if (/^\d{1,15}$/.test(last)) numbers.add(Number(last));
  }
  let following = 0;
  for (const number of numbers) if (numbers.has(number - 1)) following += 1;
  return ids.size < 2 ? 0 : following / (ids.size - 1);
}
