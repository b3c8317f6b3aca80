import {
  DeleteQueryNode, InsertQueryNode, PostgresDialect, PostgresDriver, RawNode, SelectQueryNode, TableNode, UpdateQueryNode, type CompiledQuery,
  type DatabaseConnection, type Driver, type OperationNode, type PostgresDialectConfig, type QueryResult, type TransactionSettings,
} from 'kysely';
import type { Tables } from './tables.js';

/** Runs a query in the connection that wrote. */
export type RunThere = <R>(query: CompiledQuery<R>) => Promise<QueryResult<R>>;

/** Looks at what was written. What it gives is called in the same turn in which the write is counted. */
export type LookAtWrite = (run: RunThere) => Promise<() => void>;

/** How often something was written through this process that answers held in memory may rest on. */
export class WriteCount {
  value = 0;
  /** Whoever wrote hears of it only when this is done. Absent: those who ask next look for themselves, and so they do when it fails. */
  look: LookAtWrite | undefined;

  async countWrite(run: RunThere): Promise<void> {
    const seen = await this.look?.(run).catch(() => undefined);
    this.value += 1;
    seen?.();
  }
}

/** Written all the time, and nothing that is held in memory comes from them. Whatever is not listed counts. */
const QUIET: ReadonlySet<string> = new Set<keyof Tables>([
  'audit_entries', 'audit_unsequenced', 'audit_leaves', 'audit_tree_nodes', 'audit_checkpoints', 'request_nonces', 'idempotent_calls', 'key_event_topics',
  'dead_letters', 'intake_batches', 'intake_counts', 'kafka_ledger', 'detection_cursors', 'detected_batches', 'key_watch', 'findings', 'incidents',
  'incident_timeline', 'incident_changes', 'live_changes', 'live_feed', 'alert_channels', 'alert_channel_secrets', 'alert_routes', 'silences', 'alert_deliveries', 'alert_standings', 'backtests', 'backtest_findings',
]);

/** Whether running a query can change a table that is not {@link QUIET}. When in doubt, it can. */
export function mayWrite(query: OperationNode): boolean {
  if (SelectQueryNode.is(query)) return query.with?.expressions.some(({ expression }) => mayWrite(expression)) ?? false;
  if (InsertQueryNode.is(query) && query.with === undefined) return query.into === undefined || !isQuiet(query.into);
  if (UpdateQueryNode.is(query) && query.with === undefined) return query.table === undefined || !isQuiet(query.table);
  if (DeleteQueryNode.is(query) && query.with === undefined) return !query.from.froms.every(isQuiet);
  return !(RawNode.is(query) && /^\s*SELECT\b/i.test(query.sqlFragments[0] ?? ''));
}

const isQuiet = (node: OperationNode) => TableNode.is(node) && QUIET.has(node.table.identifier.name);

/** Postgres, with a count of what was written. It goes up when the write is visible, and before whoever wrote hears of it. */
export class CountingDialect extends PostgresDialect {
  constructor(private readonly options: PostgresDialectConfig, private readonly count: WriteCount) {
    super(options);
  }

  override createDriver(): Driver {
    return new CountingDriver(this.options, this.count);
  }
}

class CountingDriver implements Driver {
  private readonly inner: PostgresDriver;
  private readonly counted = new WeakMap<DatabaseConnection, CountedConnection>();

  constructor(options: PostgresDialectConfig, private readonly count: WriteCount) {
    this.inner = new PostgresDriver(options);
  }

  init(): Promise<void> {
    return this.inner.init();
  }

  async acquireConnection(): Promise<CountedConnection> {
    const inner = await this.inner.acquireConnection() as InnerConnection;
    const known = this.counted.get(inner) ?? new CountedConnection(inner, this.count);
    this.counted.set(inner, known);
    return known;
  }

  async beginTransaction({ inner, begin }: CountedConnection, settings: TransactionSettings): Promise<void> {
    await this.inner.beginTransaction(inner, settings);
    begin();
  }

  /** One that fails may still have happened. */
  async commitTransaction({ inner, end }: CountedConnection): Promise<void> {
    await this.inner.commitTransaction(inner).finally(end);
  }

  async rollbackTransaction({ inner, end }: CountedConnection): Promise<void> {
    await this.inner.rollbackTransaction(inner).finally(end);
  }

  savepoint({ inner }: CountedConnection, ...rest: Named): Promise<void> {
    return this.inner.savepoint(inner, ...rest);
  }

  rollbackToSavepoint({ inner }: CountedConnection, ...rest: Named): Promise<void> {
    return this.inner.rollbackToSavepoint(inner, ...rest);
  }

  releaseSavepoint({ inner }: CountedConnection, ...rest: Named): Promise<void> {
    return this.inner.releaseSavepoint(inner, ...rest);
  }

  releaseConnection({ inner }: CountedConnection): Promise<void> {
    return this.inner.releaseConnection(inner);
  }

  destroy(): Promise<void> {
    return this.inner.destroy();
  }
}

type InnerConnection = Parameters<PostgresDriver['releaseConnection']>[0];
type Named = Parameters<PostgresDriver['savepoint']> extends [unknown, ...infer R] ? R : never;

class CountedConnection implements DatabaseConnection {
  private transaction: { wrote: boolean } | undefined;

  constructor(readonly inner: InnerConnection, private readonly count: WriteCount) {}

  readonly begin = (): void => {
    this.transaction = { wrote: false };
  };

  readonly end = async (): Promise<void> => {
    const wrote = this.transaction?.wrote === true;
    this.transaction = undefined;
    if (wrote) await this.count.countWrite(this.run);
  };

  private readonly run: RunThere = (query) => this.inner.executeQuery(query);

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const writes = mayWrite(query.query);
    if (writes && this.transaction !== undefined) this.transaction.wrote = true;
    try {
      return await this.inner.executeQuery<R>(query);
    } finally {
      if (writes && this.transaction === undefined) await this.count.countWrite(this.run);
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}
