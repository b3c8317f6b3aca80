// ClickHouse's HTTP interface, as far as @clickhouse/client uses it, in front of chDB:  node chdb-http.mjs <data dir> <port>
// Every request gets a connection of its own, so settings, parameters and the current database cannot leak into the next one.
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGunzip, gzipSync } from 'node:zlib';
import { Session } from 'chdb';
import { statementsBefore, withBodyFrom } from './chdb-statements.mjs';

const [dir, port] = process.argv.slice(2);
const dataDir = join(dir, 'data');
const engine = new Session(dataDir); // stays open so that the engine does

createServer((request, response) => {
  const queryId = new URL(request.url, 'http://localhost').searchParams.get('query_id') || randomUUID();
  response.setHeader('X-ClickHouse-Query-Id', queryId);
  response.setHeader('X-ClickHouse-Server-Display-Name', 'chdb');
  answer(request, response).catch((error) => refuse(response, error));
}).listen(Number(port), '127.0.0.1');

process.on('SIGTERM', () => { engine.close(); process.exit(0); });

async function answer(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/ping') return void response.end('Ok.\n');
  if (url.pathname !== '/') throw clickHouseError(404, 0, `There is no handle ${url.pathname}`);
  authenticate(request, url.searchParams);

  const body = await buffer(request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request);
  const inUrl = url.searchParams.get('query');
  const query = inUrl ?? body.toString('utf8');
  if (!query.trim()) throw clickHouseError(400, 62, 'Empty query (SYNTAX_ERROR)');

  const session = new Session(dataDir);
  const bodyFile = join(dir, `body-${randomUUID()}`);
  try {
    for (const statement of statementsBefore(url.searchParams)) await session.queryAsync(statement);
    let sql = query;
    if (inUrl !== null && body.length > 0) {
      await writeFile(bodyFile, body);
      sql = withBodyFrom(bodyFile, query);
    }
    const started = process.hrtime.bigint();
    const result = await session.queryAsync(sql, { format: url.searchParams.get('default_format') ?? 'TabSeparated' });
    const elapsed = process.hrtime.bigint() - started;
    response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary(result, elapsed, sql !== query)));
    send(request, response, url.searchParams, Buffer.from(result.bytes()));
  } finally {
    session.close();
    await rm(bodyFile, { force: true });
  }
}

function send(request, response, params, bytes) {
  const wantsGzip = params.get('enable_http_compression') === '1' && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (wantsGzip) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.end(wantsGzip ? gzipSync(bytes) : bytes);
}

/** chDB knows one user, `default`, without a password. */
function authenticate({ headers }, params) {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
  const [basicUser, ...basicPassword] = basic ? Buffer.from(basic, 'base64').toString('utf8').split(':') : [];
  const user = headers['x-clickhouse-user'] ?? basicUser ?? params.get('user') ?? 'default';
  const password = headers['x-clickhouse-key'] ?? (basic ? basicPassword.join(':') : params.get('password') ?? '');
  if (user !== 'default' || password !== '') {
    throw clickHouseError(403, 516, `${user}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)`);
  }
}

/** chDB counts the rows that it read: for an INSERT with a body those are the rows that it wrote. */
function summary(result, elapsed, isInsert) {
  const [rows, bytes] = [String(result.rowsRead), String(result.bytesRead)];
  const [writtenRows, writtenBytes] = isInsert ? [rows, bytes] : ['0', '0'];
  return { read_rows: rows, read_bytes: bytes, written_rows: writtenRows, written_bytes: writtenBytes, total_rows_to_read: '0', elapsed_ns: String(elapsed) };
}

function clickHouseError(status, code, message) {
  return Object.assign(new Error(`Code: ${code}. DB::Exception: ${message}`), { status, clickhouseCode: code });
}

const BAD_REQUEST_CODES = new Set([6, 26, 27, 36, 38, 41, 43, 46, 47, 53, 62, 69, 72, 115, 117, 130, 349, 456, 457]);
const NOT_FOUND_CODES = new Set([60, 81]);

function refuse(response, error) {
  const code = error.clickhouseCode ?? 0;
  const status = error.status ?? (NOT_FOUND_CODES.has(code) ? 404 : BAD_REQUEST_CODES.has(code) ? 400 : 500);
  if (response.headersSent) return void response.destroy(error);
  response.setHeader('X-ClickHouse-Exception-Code', String(code));
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.statusCode = status;
  response.end(`${error.message}\n`);
}
