import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, type Executor } from '@keytrail/postgres';
import type { KeyHabits } from './habits.js';
import type { KeyName } from './progress.store.js';

/** Keys whose habits are held in memory. */
const CAPACITY = 20_000;

const nameOf = ({ workspace_id, key_id }: KeyName) => `${workspace_id} ${key_id}`;

/** Habits of keys in Postgres, those of busy ones in memory as well. What is in memory is what was committed. */
@Injectable()
export class HabitStore {
  private readonly held = new Map<string, KeyHabits>();

  constructor(private readonly database: Database) {}

  /** Habits of keys by `workspace key`; keys that have none are left out. */
  async of(keys: readonly KeyName[]): Promise<Map<string, KeyHabits>> {
    const found = new Map<string, KeyHabits>();
    const missing: KeyName[] = [];
    for (const key of keys) {
      const habits = this.held.get(nameOf(key));
      if (habits === undefined) missing.push(key);
      else found.set(nameOf(key), habits);
    }
    if (missing.length === 0) return found;
    const rows = await this.database.selectFrom('key_habits').select(['workspace_id', 'key_id', 'state'])
      .where(sql<boolean>`(workspace_id, key_id) IN (SELECT * FROM unnest(${missing.map((key) => key.workspace_id)}::text[], ${missing.map((key) => key.key_id)}::text[]))`)
      .execute();
    for (const row of rows) found.set(nameOf(row), row.state as KeyHabits);
    return found;
  }

  /** Writes down what changed. */
  async keep(transaction: Executor, changed: readonly (KeyName & { habits: KeyHabits })[], now: Date): Promise<void> {
    for (let start = 0; start < changed.length; start += 200) {
      await transaction.insertInto('key_habits')
        .values(changed.slice(start, start + 200).map(({ workspace_id, key_id, habits }) => ({ workspace_id, key_id, state: JSON.stringify(habits), updated_at: now })))
        .onConflict((conflict) => conflict.columns(['workspace_id', 'key_id'])
          .doUpdateSet((excluded) => ({ state: excluded.ref('excluded.state'), updated_at: excluded.ref('excluded.updated_at') }))).execute();
    }
  }

  /** After the commit: holds what is known now. */
  hold(habits: ReadonlyMap<string, KeyHabits>): void {
    for (const [name, one] of habits) {
      this.held.delete(name);
      this.held.set(name, one);
      if (this.held.size > CAPACITY) this.held.delete(this.held.keys().next().value as string);
    }
  }

  /** Another detector was faster: nothing that is held can be relied on. */
  forget(): void {
    this.held.clear();
  }
}
