import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface SeenBatch {
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  lines: string[];
}

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** `POST /v1/request-logs` and nothing else: lines that are not JSON are bad, a batch seen before is a duplicate. */
export class FakeIntake {
  readonly batches: SeenBatch[] = [];
  /** Answers given instead, first to first; 'drop' cuts the connection. */
  instead: (Answer | 'drop')[] = [];
  /** Uncompressed bytes beyond which a batch is answered 413. */
  largest = Infinity;
  onBatch: () => void = () => undefined;
  url = '';
  private readonly seen = new Set<string>();
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = gunzipSync(Buffer.concat(chunks));
      const url = new URL(request.url ?? '/', 'http://localhost');
      const lines = bytes.toString().split('\n').slice(0, -1);
      this.batches.push({ query: Object.fromEntries(url.searchParams), headers: request.headers, lines });
      this.onBatch();
      const answer = this.instead.shift() ?? this.answer(bytes.length, lines, String(request.headers['idempotency-key']));
      if (answer === 'drop') {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status, { 'content-type': answer.status < 400 ? 'application/json' : 'application/problem+json', ...answer.headers });
      response.end(JSON.stringify(answer.body ?? {}));
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  private answer(bytes: number, lines: string[], key: string): Answer {
    if (bytes > this.largest) return { status: 413, body: { title: 'Too large', status: 413, code: 'body_too_large' } };
    const errors = lines.flatMap((line, index) => (isJson(line) ? [] : [{ line: index + 1, code: 'malformed_json', reason: 'not JSON' }]));
    const duplicate = this.seen.has(key);
    this.seen.add(key);
    const result = { received: lines.length, stored: lines.length - errors.length, dead_lettered: errors.length, duplicate, errors };
    if (result.stored > 0) return { status: 200, body: result };
    return { status: 422, body: { type: 'about:blank', title: 'No line was good', status: 422, code: 'no_good_lines', ...result } };
  }
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
