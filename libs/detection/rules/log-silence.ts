import type { FindingDraft, Rule } from '../types.js';
import { plural } from './activity.js';

/** A gateway that reports as things happen; an empty node stands for all of a workspace. Epoch milliseconds, by arrivals. */
export interface LogSource { workspace_id: string; node: string; first_seen: number; last_seen: number; longest_gap_ms: number }

export interface LogSilenceInput {
  workspace_id: string;
  key_id: '';
  /** All of the workspace. */
  sources: readonly LogSource[];
  now: number;
}

export interface LogSilenceSettings {
  min_minutes: number;
  /** How many times its longest gap so far. */
  min_gaps: number;
  /** A source that was met later than this is still learnt; seven times as long when it has gaps of more than `min_minutes`. */
  min_history_hours: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const logSilence: Rule<LogSilenceInput, LogSilenceSettings> = {
  id: 'log-silence',
  title: 'A gateway stopped reporting',
  severity: 'medium',
  fires: 'nothing came from a gateway, or from all of a workspace (high), for 10 minutes and three times its longest gap so far',
  why: 'What is not reported is not watched: a gateway that fell out, a pipe that broke, or somebody who does not want to be seen.',
  response: 'See whether the gateway serves. If it does, look at its logging and at what carries the logs.',
  false_positives: 'A gateway that was taken down for good; one that another takes the place of within a day raises nothing. Weeks with a holiday, where a whole workspace rests.',
  attack: 'T1562.008 Impair Defenses: Disable or Modify Cloud Logs',
  fields: ['gateway_node (without it, only whole workspaces)', 'logs that come within 15 minutes of their requests'],
  incident: 'opens',
  settings: { min_minutes: 10, min_gaps: 3, min_history_hours: 24 },
  decide({ workspace_id, sources, now }, settings) {
    const silent = sources.filter((source) => now - source.last_seen >= limitOf(source, settings) && isLearnt(source, settings) && !wasReplaced(source, sources));
    const whole = silent.filter(({ node }) => node === '');
    return (whole.length > 0 ? whole : silent).map((source) => draftOf(workspace_id, source, settings));
  },
};

const limitOf = ({ longest_gap_ms }: LogSource, { min_minutes, min_gaps }: LogSilenceSettings): number => Math.max(min_minutes * MINUTE, min_gaps * longest_gap_ms);

function isLearnt({ first_seen, last_seen, longest_gap_ms }: LogSource, { min_minutes, min_history_hours }: LogSilenceSettings): boolean {
  return last_seen - first_seen >= min_history_hours * HOUR * (longest_gap_ms > min_minutes * MINUTE ? 7 : 1);
}

/** Instances come and go under new names: one that began to report within a day before the silence, or since, took its place. */
const wasReplaced = (source: LogSource, sources: readonly LogSource[]): boolean =>
  source.node !== '' && sources.some((other) => other.node !== '' && other.node !== source.node && other.first_seen >= source.last_seen - DAY);

function draftOf(workspace_id: string, source: LogSource, settings: LogSilenceSettings): FindingDraft {
  const limit = limitOf(source, settings);
  const minutes = Math.round(limit / MINUTE);
  const who = source.node === '' ? `the workspace ${workspace_id}` : `the gateway ${source.node}`;
  return {
    rule_id: logSilence.id, severity: source.node === '' ? 'high' : 'medium', title: source.node === '' ? 'No request logs come any more' : logSilence.title,
    workspace_id, key_id: '', principal: '', addresses: [], first_seen: source.last_seen, last_seen: source.last_seen + limit,
    summary: `nothing came from ${who} since ${new Date(source.last_seen).toISOString()}, for more than ${plural(minutes, 'minute')}; its longest gap before was`
      + ` ${plural(Math.round(source.longest_gap_ms / MINUTE), 'minute')}`,
    evidence: { request_ids: [], counts: {}, expected: Math.round(source.longest_gap_ms / MINUTE), seen: minutes, window_minutes: Math.max(1, minutes) }, episode: `source:${source.node}`,
  };
}
