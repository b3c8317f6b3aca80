import type { IntakeAccounts, ReplayResult } from '@keytrail/contracts';

/** The HTTP interface of an app that goes up and down: every call rejects while it is away. */
export class HttpSide {
  /** @param output what the app printed since it was started: its address is in it */
  constructor(private readonly output: () => string, private readonly token: string) {}

  /** Lines that came in and were stored or dead-lettered, from all sources. */
  async taken(): Promise<number> {
    const { sources } = await this.call<IntakeAccounts>('/v1/intake-accounts');
    return sources.reduce((sum, { stored, dead_lettered }) => sum + stored + dead_lettered, 0);
  }

  /** Resolves when the app answered 2xx: then the lines are stored, or kept as dead letters. */
  async post(lines: string, idempotencyKey: string): Promise<void> {
    await this.call('/v1/request-logs', { body: lines, headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': idempotencyKey } });
  }

  /** Made before: nothing changes. */
  async makeWorkspace(workspace: string): Promise<void> {
    const body = JSON.stringify({ workspace_id: workspace, name: workspace, environment: 'test' });
    await this.call('/v1/workspaces', { body, headers: { 'content-type': 'application/json' } }, [409]);
  }

  /** Replays some of the letters with a code; how many there were. */
  async replay(code: string): Promise<number> {
    const body = JSON.stringify({ filter: { code }, limit: 100 });
    const { data } = await this.call<ReplayResult>('/v1/dead-letters/replay', { body, headers: { 'content-type': 'application/json' } });
    return data.length;
  }

  private async call<T>(path: string, request?: { body: string; headers: Record<string, string> }, alsoGood: readonly number[] = []): Promise<T> {
    const url = /Keytrail is up at (http:\/\/[\w.:]+)/.exec(this.output())?.[1];
    if (url === undefined) throw new Error('the app is not up');
    const answer = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${this.token}`, ...request?.headers }, signal: AbortSignal.timeout(10_000),
      ...(request !== undefined && { method: 'POST', body: request.body }),
    });
    const text = await answer.text();
    if (!answer.ok && !alsoGood.includes(answer.status)) throw new Error(`${path}: the app answered ${answer.status} ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }
}
