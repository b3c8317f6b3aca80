import { sql } from 'kysely';
import type { Executor } from '@keytrail/postgres';

export interface TopicHold {
  topic: string;
  /** The process. */
  holder: string;
}

/** How far the topic has the events, if this process may write to it now: it has not been another's for `heldMs`, or was ours. */
export async function holdTopic(executor: Executor, { topic, holder }: TopicHold, heldMs: number): Promise<number | undefined> {
  const until = sql<Date>`clock_timestamp() + make_interval(secs => ${heldMs / 1000})`;
  const held = await executor.insertInto('key_event_topics').values({ topic, position: 0, holder, held_until: until })
    .onConflict((conflict) => conflict.column('topic').doUpdateSet({ holder, held_until: until }).where((where) => where.or([
      where('key_event_topics.holder', '=', holder), where('key_event_topics.holder', 'is', null),
      where('key_event_topics.held_until', '<', sql<Date>`clock_timestamp()`),
    ]))).returning('position').executeTakeFirst();
  return held?.position;
}

/** Notes how far the topic has the events, unless another process took over. */
export async function settleTopic(executor: Executor, { topic, holder }: TopicHold, position: number): Promise<void> {
  await executor.updateTable('key_event_topics').set({ position }).where('topic', '=', topic).where('holder', '=', holder).execute();
}

/** Lets another process write at once. */
export async function releaseTopic(executor: Executor, { topic, holder }: TopicHold): Promise<void> {
  await executor.updateTable('key_event_topics').set({ holder: null, held_until: null }).where('topic', '=', topic).where('holder', '=', holder).execute();
}
