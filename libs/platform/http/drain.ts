import type { FastifyInstance } from 'fastify';

/** Requests that are under way when the server closes have this long to end. */
const LONGEST_DRAIN_MS = 4_000;

/**
 * Keeps connections from holding up a stop: what is answered while the server closes is the last answer of its connection, and a sender
 * that does not end its request is hung up on.
 */
export function drainOnClose(server: FastifyInstance): void {
  let closing = false;
  server.addHook('preClose', (done) => {
    closing = true;
    setTimeout(() => server.server.closeAllConnections(), LONGEST_DRAIN_MS).unref();
    done();
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) void reply.header('connection', 'close');
    done();
  });
}
