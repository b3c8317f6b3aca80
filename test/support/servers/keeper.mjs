// Owns every server that a test run starts. Tests ask over a Unix socket, so several jest workers share one server without locks.
// Its standard input is a pipe from the run's own process: when that closes, however the run ended, the keeper ends all servers.
//
//   request  {"id":1,"op":"shared","kind":"kafka","options":{}}   one server for the run, started by the first who asks
//            {"id":2,"op":"start","kind":"kafka","options":{}}    a server of this connection's own, ended with the connection
//            {"id":3,"op":"call","server":1,"method":"restart"}   kill, restart or stop a server started by this connection
//            {"id":4,"op":"fetch","options":{}}                   Kafka's jars, if they are not here yet
//   answer   {"id":1,"ok":{...}} or {"id":1,"error":"why"}
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { startClickHouse } from './clickhouse-server.mjs';
import { ensureKafkaJars } from './kafka-jars.mjs';
import { startKafka } from './kafka-server.mjs';
import { abortStarts } from './owned-process.mjs';
import { startPostgres } from './postgres-server.mjs';

const starters = { kafka: startKafka, postgres: startPostgres, clickhouse: startClickHouse };
const callable = new Set(['kill', 'restart', 'stop']);

const socketPath = process.argv[2];
const shared = new Map(); // kind -> promise of a server
const starting = new Set(); // promises of every server that may still run
let closing = false;

function start(kind, options) {
  if (closing) throw new Error('the test run is over');
  const server = starters[kind](options);
  starting.add(server);
  server.catch(() => starting.delete(server));
  return server;
}

async function stop(server) {
  if (!starting.delete(server)) return;
  await (await server).stop();
}

function answerer() {
  const own = new Map();
  let last = 0;
  return {
    async answer({ op, kind, options, server, method }) {
      switch (op) {
        case 'shared': {
          if (!shared.has(kind)) shared.set(kind, start(kind, options));
          return (await shared.get(kind)).info;
        }
        case 'fetch': {
          await ensureKafkaJars(options);
          return {};
        }
        case 'start': {
          const started = start(kind, options);
          const handle = ++last;
          own.set(handle, started);
          return { server: handle, ...(await started).info };
        }
        case 'call': {
          const target = own.get(server);
          if (!target || !callable.has(method)) throw new Error(`no server ${server} with a method ${method}`);
          await (method === 'stop' ? stop(target) : (await target)[method]());
          return {};
        }
        default: throw new Error(`unknown request: ${op}`);
      }
    },
    release: () => Promise.allSettled([...own.values()].map(stop)),
  };
}

const listener = createServer((socket) => {
  const { answer, release } = answerer();
  const reply = (message) => { if (socket.writable) socket.write(`${JSON.stringify(message)}\n`); };
  createInterface({ input: socket }).on('line', (line) => {
    const request = JSON.parse(line);
    answer(request).then((ok) => reply({ id: request.id, ok }), (error) => reply({ id: request.id, error: error.message }));
  });
  socket.on('error', () => undefined);
  socket.on('close', () => void release());
});

async function close() {
  if (closing) return;
  closing = true;
  listener.close();
  abortStarts();
  await Promise.allSettled([...starting].map(stop));
  await rm(dirname(socketPath), { recursive: true, force: true });
  process.exit(0);
}

process.stdin.on('end', () => void close()).on('error', () => void close()).resume();
process.on('SIGTERM', () => void close());
process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the run's process decides
listener.listen(socketPath, () => process.stdout.write('listening\n'));
